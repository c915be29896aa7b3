import type { Socket } from 'node:net';
import { ThemisError, type Address, type TargetName } from '@themis-mesh/core';
import {
  dial,
  expectService,
  judgeAgain,
  type Authenticator,
  type Authorizer,
  type Channel,
  type Clock,
  type CredentialSource,
  type Protocol,
} from '@themis-mesh/channel';
import type { Target } from './balancer.ts';
import { Turns } from './turns.ts';

export interface DialerOptions {
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  /** Hears of each channel that is opened. */
  readonly onOpen?: (channel: Channel) => void;
  readonly onFailure: (service: TargetName, target: Target, error: ThemisError) => void;
}

/** What a channel was dialled for. */
interface Dialled {
  readonly expect: Authorizer;
  /** Whoever is at the same place has the same one. */
  readonly place: string;
}

/** Somebody who is expected at an address, whatever name it has. */
export interface Meeting {
  readonly address: Address;
  readonly protocol: Protocol;
  /** Why whoever is there is not whom we look for; undefined where it is. */
  readonly expect: Authorizer;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How many dials to one target are under way at a time, at the most. Handshakes are what costs: hundreds at once, after a start
 * or a rotation, would take longer than the time that each of them has, and meet the limits of the other side.
 */
const MOST_DIALS = 16;

/** How long what is under way has to end when the dialer closes. */
const DRAIN_MS = 5000;

/** `closing` begins nothing new and ends what is under way; `closed` opens nothing any more. */
type Stage = { readonly is: 'open' } | { readonly is: 'closing'; readonly onIdle: () => void } | { readonly is: 'closed' };

/** Opens channels to instances, and knows those that it has opened. */
export class Dialer {
  readonly #options: DialerOptions;
  /** By the key of the target. Whoever wants a channel looks for a place first; a kept channel that is free again is a word. */
  readonly turns: Turns = new Turns(MOST_DIALS);
  readonly #open = new Map<Channel, Dialled>();
  #underWay = 0;
  /** How often what is believed has changed: whoever was proved before a change is judged again after it. */
  #epoch = 0;
  #stage: Stage = { is: 'open' };

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  get credentials(): CredentialSource {
    return this.#options.credentials;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** The channels that were opened here. */
  get channels(): Iterable<Channel> {
    return this.#open.keys();
  }

  get isClosed(): boolean {
    return this.#stage.is === 'closed';
  }

  /** Begins something that needs channels: closing waits for its {@link end}. @throws ThemisError `THEMIS_CLOSED` */
  begin(service: TargetName): void {
    if (this.#stage.is !== 'open') throw closedFor(service);
    this.#underWay += 1;
  }

  /** To be called once for each {@link begin}. */
  end(): void {
    this.#underWay -= 1;
    this.#noteIdle();
  }

  /**
   * Opens a channel to one instance, and expects the service there.
   *
   * @param over a TCP connection to it that is open already
   * @throws ThemisError as `dial` does, `THEMIS_CLOSED`
   */
  async dial(service: TargetName, protocol: Protocol, target: Target, signal?: AbortSignal, over?: Socket): Promise<Channel> {
    const meeting = { address: target.endpoint, protocol, expect: expectService(service), signal };
    const run = (): Promise<Channel> => this.#meet(meeting, target.key, service, over);
    return this.#takeTurn(service, target, run);
  }

  /** Opens a channel to an address. @throws ThemisError as {@link dial} does */
  async meet(meeting: Meeting): Promise<Channel> {
    const place = `${meeting.address.host}:${meeting.address.port}`;
    if (this.#stage.is !== 'open') throw closedFor(place);
    return this.#meet(meeting, place, place);
  }

  async #meet({ expect, ...meeting }: Meeting, place: string, name: string, over?: Socket): Promise<Channel> {
    const { credentials, authenticator, clock } = this.#options;
    const epoch = this.#epoch;
    const channel = await dial({ ...meeting, expect, credentials, authenticator, clock, over });
    if (this.#stage.is === 'closed') {
      channel.cut();
      throw closedFor(name);
    }
    this.#open.set(channel, { expect, place });
    this.#options.onOpen?.(channel);
    channel.onState((state) => {
      if (state.is !== 'closed') return;
      this.#open.delete(channel);
      this.#noteIdle();
    });
    // Before anybody sends on it.
    if (epoch !== this.#epoch) this.#judge(channel, expect);
    if (channel.state.is !== 'closed') return channel;
    this.#open.delete(channel);
    const { because } = channel.state;
    if (because !== undefined) throw ThemisError.refused('THEMIS_PEER_REFUSED', because);
    throw new ThemisError('THEMIS_HANDSHAKE_FAILED', `${name} closed the connection`);
  }

  /** Judges every channel that was opened here again, by what is believed now. */
  judgeAgain(): void {
    this.#epoch += 1;
    for (const [channel, { expect }] of this.#open) this.#judge(channel, expect);
  }

  /** Begins nothing new, waits for what is under way and for open channels, and cuts what is left after a while. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.#options.clock.after(DRAIN_MS, resolve);
      const onIdle = (): void => {
        callOff();
        resolve();
      };
      this.#stage = { is: 'closing', onIdle };
      this.#noteIdle();
    });
    this.#stage = { is: 'closed' };
    for (const channel of [...this.#open.keys()]) channel.cut();
  }

  async #takeTurn<T>(service: TargetName, target: Target, run: () => Promise<T>): Promise<T> {
    const end = this.turns.begin(target.key);
    try {
      return await run();
    } catch (error) {
      if (ThemisError.is(error) && error.code !== 'THEMIS_ABORTED') this.#noteFailure(service, target, error);
      throw error;
    } finally {
      end();
    }
  }

  /** Who waits for a target that nobody has reached need not find out one after the other. */
  #noteFailure(service: TargetName, target: Target, error: ThemisError): void {
    this.#options.onFailure(service, target, error);
    const isReached = [...this.#open.values()].some(({ place }) => place === target.key);
    if (!isReached) this.turns.fail(target.key, error);
  }

  #judge(channel: Channel, expect: Authorizer): void {
    const { authenticator, clock } = this.#options;
    channel.judgeAgain(judgeAgain(authenticator, expect, Math.floor(clock.now() / 1000)));
  }

  #noteIdle(): void {
    if (this.#stage.is === 'closing' && this.#underWay === 0 && this.#open.size === 0) this.#stage.onIdle();
  }
}

function closedFor(name: string): ThemisError {
  return new ThemisError('THEMIS_CLOSED', `the mesh, asked for ${name}`);
}
