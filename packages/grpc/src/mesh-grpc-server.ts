import type { AddressInfo } from 'node:net';
import { experimental, Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { systemClock, type Channel } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';
import { HTTP2_LIMITS, type Listening, type Mesh } from '@themis-mesh/mesh';
import { callGate } from './call-gate.ts';
import { PROTOCOLS } from './route.ts';

/** How long callers have to go elsewhere by themselves before they are told to. */
const LINGER_MS = 250;

/**
 * A server of `@grpc/grpc-js` whose connections are channels. All of it is as there; only that it is bound by {@link listen},
 * and that the metadata of each call says who calls: `x-themis-caller`, `x-forwarded-client-cert`.
 */
export class MeshGrpcServer extends Server {
  readonly #mesh: Mesh;
  #listening: Promise<Listening> | undefined;

  constructor(mesh: Mesh, options: ServerOptions = {}) {
    super({
      'grpc.max_concurrent_streams': HTTP2_LIMITS.streams,
      // Without it a connection that nghttp2 has ended for an error of the protocol stays, on Node 24.
      'grpc.keepalive_time_ms': HTTP2_LIMITS.probeMs,
      'grpc.keepalive_timeout_ms': HTTP2_LIMITS.goodbyeMs,
      'grpc.enable_channelz': 0,
      ...options,
    });
    this.#mesh = mesh;
  }

  /**
   * @param port 0 for any free one
   * @param host default 127.0.0.1
   * @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID`, `THEMIS_CLOSED`
   */
  async listen(port = 0, host?: string): Promise<AddressInfo> {
    if (this.#listening !== undefined) throw new ThemisError('THEMIS_CONFIG_INVALID', 'the server listens already');
    const opening = this.#mesh.channels.serving.listen({
      protocols: PROTOCOLS,
      port,
      host,
      onChannel: (channel) => {
        this.#take(channel);
      },
    });
    this.#listening = opening;
    try {
      return (await opening).address;
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
  }

  /** Takes no more connections, lets calls under way end, for 10 seconds at the most, and closes. */
  async close(): Promise<void> {
    const listening = await this.#listening;
    await listening?.close();
    await new Promise<void>((resolve) => {
      this.tryShutdown(() => {
        resolve();
      });
    });
  }

  /** One injector for each connection: so each has its own metadata, and its own goodbye. */
  #take(channel: Channel): void {
    const interceptors = [callGate(this.#mesh, channel, channel.socket.localPort ?? 0)];
    const credentials = experimental.createServerCredentialsWithInterceptors(ServerCredentials.createInsecure(), interceptors);
    const injector = this.createConnectionInjector(credentials);
    channel.onState((state) => {
      if (state.is === 'draining') this.#drain(channel, injector);
      else if (state.is === 'closed') injector.destroy();
    });
    injector.injectConnection(channel.socket);
  }

  #drain(channel: Channel, injector: ReturnType<Server['createConnectionInjector']>): void {
    const left = (): number => Math.max(0, channel.endsAt - systemClock.now());
    const callOff = systemClock.after(Math.min(LINGER_MS, left() / 4), () => {
      injector.drain(left());
    });
    channel.onState((state) => {
      if (state.is === 'closed') callOff();
    });
  }
}
