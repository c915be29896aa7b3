import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { ByteStream, StreamReceiver } from '@themis-mesh/channel';
import { ChannelStream, type Mesh } from '@themis-mesh/mesh';
import { AppPlace } from '../app/app-place.ts';
import { isAnswering } from '../app/answering.ts';
import { childEnvironment } from '../child/child-environment.ts';
import { AppSession } from '../h2/app-session.ts';
import { PlainAgent } from '../http/plain-agent.ts';
import { PlainUpstream } from '../http/plain-upstream.ts';
import { AppConnections } from '../http1/app-connections.ts';
import { causeOf, logMesh } from '../log/mesh-log.ts';
import type { Log } from '../log/log.ts';
import { ProxyCredential } from '../proxy/credential.ts';
import { Egress } from '../proxy/egress.ts';
import { ExplicitProxy } from '../proxy/explicit-proxy.ts';
import { H2Forward } from '../proxy/h2-forward.ts';
import { HttpForward } from '../proxy/http-forward.ts';
import { Forward } from '../tcp/forward.ts';
import { Guards } from '../tcp/guards.ts';
import type { ListenAddress } from '../tcp/listen-address.ts';
import { openIngress, openMeshHttp, openMeshHttp2, openMeshTcp, type Inbound } from './inbound.ts';
import type { AppProtocol, SidecarOptions } from './options.ts';
import { listenForProbes } from './probe.ts';

/**
 * `starting`: the ways out are open, so that the app can start; `ready`: the ways in are open too; `draining`: no new
 * callers; `closed`.
 */
export type SidecarState = 'starting' | 'ready' | 'draining' | 'closed';

/** Where a sidecar can be reached. */
export interface SidecarPorts {
  readonly mesh: AddressInfo;
  readonly ingress?: AddressInfo;
  readonly proxy?: number;
  readonly metrics?: AddressInfo;
}

/** What stands between one app and the mesh. */
export class Sidecar {
  readonly app: AppPlace;
  readonly #options: SidecarOptions;
  readonly #mesh: Mesh;
  readonly #log: Log;
  readonly #guards: Guards;
  readonly #agent = new PlainAgent();
  readonly #connections: AppConnections;
  readonly #session: AppSession;
  readonly #credential = new ProxyCredential();
  readonly #forwards: (Forward | HttpForward | H2Forward)[] = [];
  readonly #inbound: Inbound[] = [];
  #proxy: ExplicitProxy | undefined;
  #probe: Server | undefined;
  #state: SidecarState = 'starting';
  #hasLeaf = true;

  private constructor(options: SidecarOptions, mesh: Mesh, log: Log) {
    this.app = new AppPlace(options.app);
    this.#connections = new AppConnections(() => this.app.current);
    this.#session = new AppSession(() => this.app.current);
    this.#options = options;
    this.#mesh = mesh;
    this.#log = log;
    this.#guards = new Guards(mesh.metrics, options);
    logMesh(mesh, log);
    mesh.events.on('renewal-failed', ({ left }) => {
      this.#hasLeaf = left > 0;
    });
    mesh.events.on('renewed', () => {
      this.#hasLeaf = true;
    });
  }

  /**
   * Opens the ways out: proxy, forwards, probes. Nobody is let in yet.
   *
   * @param mesh is closed with the sidecar
   * @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID
   */
  static async start(options: SidecarOptions, mesh: Mesh, log: Log): Promise<Sidecar> {
    const sidecar = new Sidecar(options, mesh, log);
    try {
      await sidecar.#openWaysOut();
    } catch (error) {
      await sidecar.close();
      throw error;
    }
    return sidecar;
  }

  get state(): SidecarState {
    return this.#state;
  }

  /** What the app is to be started with. */
  environment(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const proxy = this.#proxy === undefined ? undefined : this.#credential.url(this.#proxy.port);
    return childEnvironment(base, this.#mesh.name, proxy);
  }

  /** Opens the ways in, now that the app answers. @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID */
  async open(): Promise<SidecarPorts> {
    const { protocol, listen, ingress } = this.#options;
    const upstream = new PlainUpstream({
      place: () => this.app.current,
      agent: this.#agent,
      unreachable: 'THEMIS_NOT_READY',
      brokenOff: 'THEMIS_APP_BROKE_OFF',
    });
    const mesh = await this.#openMesh(protocol, upstream, listen);
    this.#inbound.push(mesh);
    const outer = ingress === undefined ? undefined : await openIngress(this.#mesh, upstream, ingress, this.#guards);
    if (outer !== undefined) this.#inbound.push(outer);
    this.#state = 'ready';
    return {
      mesh: mesh.address,
      ...(outer === undefined ? {} : { ingress: outer.address }),
      ...(this.#proxy === undefined ? {} : { proxy: this.#proxy.port }),
      ...(this.#mesh.metricsAddress === undefined ? {} : { metrics: this.#mesh.metricsAddress }),
    };
  }

  #openMesh(protocol: AppProtocol, upstream: PlainUpstream, listen: ListenAddress): Promise<Inbound> {
    const onFailure = (error: unknown): void => this.#warn('app not reached', error);
    switch (protocol) {
      case 'http':
        return openMeshHttp(this.#mesh, this.#connections, upstream, listen);
      case 'h2':
        return openMeshHttp2(this.#mesh, this.#session, listen, onFailure);
      case 'tcp':
        return openMeshTcp(this.#mesh, this.app, listen, onFailure);
    }
  }

  /** Takes leave of the directory, and resolves when what is under way inward has ended. The ways out stay open for it. */
  async drain(): Promise<void> {
    this.#state = 'draining';
    await Promise.all(this.#inbound.map((inbound) => inbound.drain()));
  }

  /** Ends everything at once, the mesh too. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const drained = this.#state === 'draining' ? undefined : this.drain();
    this.#state = 'closed';
    for (const inbound of this.#inbound) inbound.cut();
    this.#agent.destroy();
    this.#connections.close();
    this.#session.close();
    this.#probe?.close();
    this.#probe?.closeAllConnections();
    await Promise.all([drained, this.#proxy?.close(), ...this.#forwards.map((forward) => forward.close())]);
    await this.#mesh.close();
  }

  async #openWaysOut(): Promise<void> {
    const { proxy, egress, forwards, probe } = this.#options;
    const open = (service: TargetName, receiver: StreamReceiver, signal: AbortSignal): Promise<ByteStream> =>
      openBytes(this.#mesh, service, receiver, signal);
    if (proxy) {
      this.#proxy = await ExplicitProxy.listen({
        credential: this.#credential,
        mesh: this.#mesh,
        open,
        egress: new Egress(egress),
        guards: this.#guards,
      });
    }
    for (const { port, service, protocol } of forwards) {
      if (protocol !== 'tcp') {
        const Kind = protocol === 'h2' ? H2Forward : HttpForward;
        this.#forwards.push(await Kind.listen({ port, service, mesh: this.#mesh, guards: this.#guards }));
        continue;
      }
      const onFailure = (error: unknown): void => this.#warn(`forward of port ${port} to ${service}`, error);
      this.#forwards.push(
        await Forward.listen({
          port,
          open: (receiver, signal) => open(service, receiver, signal),
          onFailure,
          guards: this.#guards,
        }),
      );
    }
    if (probe !== undefined) this.#probe = await listenForProbes(probe, () => this.#whyNotReady());
  }

  async #whyNotReady(): Promise<readonly string[]> {
    const reasons: string[] = this.#state === 'ready' ? [] : [this.#state];
    if (!this.#hasLeaf) reasons.push('the leaf has ended and is not renewed');
    if (!(await isAnswering(this.app, this.#options.health))) reasons.push(`the app does not answer on ${this.app.description}`);
    return reasons;
  }

  #warn(what: string, error: unknown): void {
    this.#log.log('warn', `${what} failed`, causeOf(error));
  }
}

/** Raw bytes to a service; where it takes none but speaks HTTP/2, as servers of gRPC do, those of HTTP/2. */
async function openBytes(mesh: Mesh, service: TargetName, receiver: StreamReceiver, signal: AbortSignal): Promise<ByteStream> {
  try {
    return await mesh.openStream(service, receiver, { signal });
  } catch (error) {
    if (!ThemisError.is(error, 'THEMIS_NO_INSTANCE')) throw error;
    const channel = await mesh.channels.open(service, 'themis-h2/1', signal).catch(() => undefined);
    if (channel === undefined) throw error;
    return new ChannelStream(channel, receiver);
  }
}
