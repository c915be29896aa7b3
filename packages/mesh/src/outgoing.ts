import type { IdentityId, TargetName } from '@themis-mesh/core';
import type { Authenticator, ByteStream, Channel, StreamReceiver } from '@themis-mesh/channel';
import type { RequestLog } from '@themis-mesh/telemetry';
import type { Announcer } from './announcer.ts';
import { randomFraction } from './chance.ts';
import { Balancer } from './find/balancer.ts';
import { Dialer } from './find/dialer.ts';
import { DirectoryTargets } from './find/directory-targets.ts';
import { Errands } from './find/errands.ts';
import type { Ground } from './ground.ts';
import { ChannelAgent } from './http/channel-agent.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import { send, type Ways } from './http/send.ts';
import { logRaw } from './observe/log-raw.ts';
import type { Observation } from './observe/observation.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { ResolvedOptions } from './read-options.ts';
import { openStream } from './tcp/open-stream.ts';
import { TunnelPool } from './tunnels/tunnel-pool.ts';

export interface OutgoingOptions {
  readonly ground: Ground;
  readonly credentials: RotatingCredentials;
  readonly options: ResolvedOptions;
  readonly announcer: Announcer;
  readonly authenticator: Authenticator;
  readonly observation: Observation;
  /** Asks for news of the app, and of the one that has the service. Does not throw. */
  readonly refreshApp: (service: TargetName) => Promise<void>;
}

/** A process's way to the others: who is where, whom to take, and the channels there. */
export class Outgoing implements AsyncDisposable {
  readonly #targets: DirectoryTargets;
  readonly #dialer: Dialer;
  readonly #errands: Errands;
  readonly #ways: Ways;
  readonly #requests: RequestLog;

  constructor({ ground, credentials, options: { clock }, announcer, authenticator, observation, refreshApp }: OutgoingOptions) {
    const { trust, readerOf, directory, identity } = ground;
    this.#targets = new DirectoryTargets({ trust, readerOf, directory, clock, refreshApp });
    this.#dialer = new Dialer({
      credentials,
      authenticator,
      clock,
      onOpen: observation.opened.outbound,
      onFailure: (service, { instance }, error) => announcer.tell('dial-failed', { service, instance, error }),
    });
    const balancer = new Balancer(randomFraction, () => clock.now());
    this.#errands = new Errands({ targets: this.#targets, balancer, dialer: this.#dialer });
    this.#ways = { tunnels: new TunnelPool(this.#dialer), agent: new ChannelAgent(this.#dialer, identity.id) };
    this.#requests = observation.requests;
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    const open = this.#requests.outbound('http/1.1', request.service, request.method, request.path);
    return send(this.#errands, this.#ways, request, open);
  }

  async open(service: TargetName, signal: AbortSignal | undefined): Promise<Channel> {
    const open = this.#requests.outbound('tcp', service);
    try {
      const channel = await this.#errands.open(service, 'themis-tcp/1', signal);
      open.instance = channel.peer.instance;
      logRaw(open, channel);
      return channel;
    } catch (error) {
      open.fail(error);
      throw error;
    }
  }

  openStream(service: TargetName, receiver: StreamReceiver, signal: AbortSignal | undefined): Promise<ByteStream> {
    const ways = { tunnels: this.#ways.tunnels, dialer: this.#dialer };
    return openStream(this.#errands, ways, { service, receiver, open: this.#requests.outbound('tcp', service), signal });
  }

  /** With whom connections are open. */
  *peers(): Iterable<IdentityId> {
    for (const { peer } of this.#dialer.channels) yield peer.id;
  }

  judgeAgain(): void {
    this.#dialer.judgeAgain();
  }

  /** Takes no more calls, lets those under way end, and closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { agent, tunnels } = this.#ways;
    agent.retire();
    tunnels.retire();
    await this.#dialer.close();
    agent.destroy();
    this.#targets[Symbol.dispose]();
  }
}
