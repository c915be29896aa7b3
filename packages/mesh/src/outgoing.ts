import { isIP, type Socket } from 'node:net';
import { ThemisError, type Endpoint, type IdentityId, type ServiceName } from '@themis-mesh/core';
import type { Authenticator, Channel, Protocol } from '@themis-mesh/channel';
import type { Announcer } from './announcer.ts';
import { randomFraction } from './chance.ts';
import type { Follower } from './channels.ts';
import { Balancer } from './find/balancer.ts';
import { Dialer } from './find/dialer.ts';
import { DirectoryTargets } from './find/directory-targets.ts';
import { Errands } from './find/errands.ts';
import type { Ground } from './ground.ts';
import { ChannelAgent } from './http/channel-agent.ts';
import { MeshAgent } from './http/mesh-agent.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import { send } from './http/send.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { ResolvedOptions } from './read-options.ts';

export interface OutgoingOptions {
  readonly ground: Ground;
  readonly credentials: RotatingCredentials;
  readonly options: ResolvedOptions;
  readonly announcer: Announcer;
  readonly authenticator: Authenticator;
  /** Asks for news of the app. Does not throw. */
  readonly refreshApp: () => Promise<void>;
}

/** A process's way to the others: who is where, whom to take, and the channels there. */
export class Outgoing implements AsyncDisposable {
  readonly #targets: DirectoryTargets;
  readonly #dialer: Dialer;
  readonly #errands: Errands;
  readonly #agent: ChannelAgent;
  /** For requests that programs make by Node's own client. */
  readonly agent: MeshAgent;

  constructor({ ground, credentials, options: { clock }, announcer, authenticator, refreshApp }: OutgoingOptions) {
    const { trust, reader, directory, identity } = ground;
    this.#targets = new DirectoryTargets({ trust, reader, directory, clock, refreshApp });
    this.#dialer = new Dialer({
      credentials,
      authenticator,
      clock,
      onFailure: (service, { instance }, error) => announcer.tell('dial-failed', { service, instance, error }),
    });
    const balancer = new Balancer(randomFraction, () => clock.now());
    this.#errands = new Errands({ targets: this.#targets, balancer, dialer: this.#dialer });
    this.#agent = new ChannelAgent(this.#dialer, identity.id);
    const open = (service: ServiceName): Promise<Channel> => this.open(service, undefined, 'themis-http/1');
    this.agent = new MeshAgent({ open, credentials, own: identity.id });
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    return send(this.#errands, this.#agent, request);
  }

  open(service: ServiceName, signal: AbortSignal | undefined, protocol: Protocol = 'themis-tcp/1'): Promise<Channel> {
    return this.#errands.open(service, protocol, signal);
  }

  /** Makes a TCP connection a channel to whichever instance of the service is known at its address. */
  async secure(service: ServiceName, protocol: Protocol, over: Socket): Promise<Channel> {
    const targets = await this.#targets.targets(service, protocol);
    const target = targets.find(({ endpoint }) => isAt(endpoint, over));
    if (target !== undefined) return this.#dialer.dial(service, protocol, target, undefined, over);
    throw new ThemisError('THEMIS_NO_INSTANCE', `${service} over ${protocol} at ${over.remoteAddress}:${over.remotePort}`);
  }

  follow(service: ServiceName, protocols: readonly Protocol[], follower: Follower): () => void {
    return this.#targets.follow(service, protocols, follower);
  }

  refresh(service: ServiceName): Promise<void> {
    return this.#targets.refresh(service);
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
    this.#agent.retire();
    this.agent.retire();
    await this.#dialer.close();
    this.#agent.destroy();
    this.agent.destroy();
    this.#targets[Symbol.dispose]();
  }
}

/** Whether a connection leads to an endpoint. A name may have any address; who is there is proved anyway. */
function isAt({ host, port }: Endpoint, { remoteAddress, remotePort }: Socket): boolean {
  return port === remotePort && (isIP(host) === 0 || host === remoteAddress);
}
