import type { IdentityId, ServiceName } from '@themis-mesh/core';
import type { Authenticator, Channel } from '@themis-mesh/channel';
import type { Announcer } from './announcer.ts';
import { quickFraction } from './chance.ts';
import { Balancer } from './find/balancer.ts';
import { Dialer } from './find/dialer.ts';
import { DirectoryTargets } from './find/directory-targets.ts';
import { Errands } from './find/errands.ts';
import type { Ground } from './ground.ts';
import { ChannelAgent } from './http/channel-agent.ts';
import type { MeshRequest, MeshResponse } from './http/message.ts';
import { send } from './http/send.ts';
import type { RotatingCredentials } from './leaf/rotating-credentials.ts';
import type { ResolvedOptions } from './read-options.ts';
import { stopwatchOf } from './traffic/stopwatch.ts';
import { Caller } from './traffic/caller.ts';
import { hearNotices } from './traffic/hear-notices.ts';
import { Lanes } from './traffic/lanes.ts';

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
  /** How calls of each service are conducted. */
  readonly lanes: Lanes = new Lanes();
  readonly #targets: DirectoryTargets;
  readonly #dialer: Dialer;
  readonly #errands: Errands;
  readonly #agent: ChannelAgent;
  readonly #caller: Caller;

  constructor({ ground, credentials, options: { clock, zone }, announcer, authenticator, refreshApp }: OutgoingOptions) {
    const { trust, reader, directory, identity } = ground;
    const onNotice = hearNotices(this.lanes, announcer);
    this.#targets = new DirectoryTargets({ trust, reader, directory, clock, refreshApp, onNotice });
    this.#dialer = new Dialer({
      credentials,
      authenticator,
      clock,
      onFailure: (service, { instance }, error) => announcer.tell('dial-failed', { service, instance, error }),
    });
    const now = stopwatchOf(clock);
    const balancer = new Balancer({ chance: quickFraction, now, zone });
    const base = { targets: this.#targets, balancer, dialer: this.#dialer, lanes: this.lanes };
    this.#errands = new Errands({ ...base, chance: quickFraction, now });
    this.#agent = new ChannelAgent(this.#dialer, identity.id);
    const toSomeInstance = (request: MeshRequest): Promise<MeshResponse> => send(this.#errands, this.#agent, request);
    this.#caller = new Caller({ lanes: this.lanes, send: toSomeInstance, chance: quickFraction });
  }

  send(request: MeshRequest): Promise<MeshResponse> {
    return this.#caller.send(request);
  }

  open(service: ServiceName, signal: AbortSignal | undefined): Promise<Channel> {
    return this.#errands.open(service, 'themis-tcp/1', signal);
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
    await this.#dialer.close();
    this.#agent.destroy();
    this.#targets[Symbol.dispose]();
  }
}
