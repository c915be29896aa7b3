import { isTurnedByNews, ThemisError, type ServiceName } from '@themis-mesh/core';
import {
  dial,
  expectService,
  isWorthAnotherTry,
  judgeAgain,
  type Authenticator,
  type Authorizer,
  type Channel,
  type Clock,
  type CredentialSource,
  type Protocol,
} from '@themis-mesh/channel';
import type { Balancer, Target } from './balancer.ts';
import { Turns } from './turns.ts';

/** Where the instances of a service are. */
export interface TargetSource {
  /**
   * Those that speak a protocol: at once where they are known, so that a call costs no more turns than it must; else when the
   * directory has answered.
   *
   * @throws ThemisError `THEMIS_NAME_UNKNOWN`, `THEMIS_DIRECTORY_UNAVAILABLE`
   */
  targets(service: ServiceName, protocol: Protocol): readonly Target[] | Promise<readonly Target[]>;
  /** Asks for news of the app and of the service: what is known of them led nowhere. Does not throw. */
  refresh(service: ServiceName): Promise<void>;
}

export interface DialerOptions {
  readonly targets: TargetSource;
  readonly credentials: CredentialSource;
  readonly authenticator: Authenticator;
  readonly balancer: Balancer;
  readonly clock: Clock;
  readonly onFailure: (service: ServiceName, target: Target, error: ThemisError) => void;
}

/** Something to do at an instance of a service. */
export interface Errand<T> {
  readonly service: ServiceName;
  readonly protocol: Protocol;
  readonly signal?: AbortSignal | undefined;
  readonly run: (target: Target) => Promise<T>;
  /** Where it may be run again after a failure: nothing of it was sent, or twice does no harm. */
  readonly again: (error: unknown, target: Target) => Again;
  /** Has `done` called when what was begun is over: until then it counts as under way. */
  readonly whenOver: (value: T, done: () => void) => void;
}

/** What a channel was dialled for. */
interface Dialled {
  readonly expect: Authorizer;
  readonly target: Target;
}

type Result<T> = { readonly value: T } | { readonly failure: Error; readonly again: Again };

/** `anywhere`: at the same instance too. */
export type Again = 'nowhere' | 'elsewhere' | 'anywhere';

/** How long a target is passed over that could not be reached. */
const AVOID_MS = 5000;

/** How often one errand is run, at the most. */
const MOST_TRIES = 4;

/**
 * How many dials to one target are under way at a time, at the most. Handshakes are what costs: hundreds at once, after a start
 * or a rotation, would take longer than the time that each of them has, and meet the limits of the other side.
 */
const MOST_DIALS = 16;

/** How long what is under way has to end when the dialer closes. */
const DRAIN_MS = 5000;

/** `closing` takes no new errands and ends those that it has; `closed` opens nothing any more. */
type Stage = { readonly is: 'open' } | { readonly is: 'closing'; readonly onIdle: () => void } | { readonly is: 'closed' };

/** Opens channels to whichever instance of a service is well. */
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

  /** The channels that were opened here. */
  get channels(): Iterable<Channel> {
    return this.#open.keys();
  }

  /**
   * Runs an errand at an instance, and at another where it may be.
   *
   * @throws ThemisError the last failure, `THEMIS_NO_INSTANCE`, `THEMIS_CLOSED`; the signal's reason
   */
  async run<T>(errand: Errand<T>): Promise<T> {
    if (this.#stage.is !== 'open') throw closedFor(errand.service);
    this.#underWay += 1;
    try {
      return await this.#runWhereItCan(errand);
    } finally {
      this.#underWay -= 1;
      this.#noteIdle();
    }
  }

  /** Opens a channel to some instance. @throws ThemisError as `dial` does, and as {@link run} does */
  open(service: ServiceName, protocol: Protocol, signal?: AbortSignal): Promise<Channel> {
    return this.run({
      service,
      protocol,
      signal,
      run: async (target) => {
        while (!this.turns.hasPlace(target.key)) await this.turns.sleep(target.key, signal);
        return this.dial(service, protocol, target, signal);
      },
      again: (error) => (mayDialAgain(error) ? 'elsewhere' : 'nowhere'),
      whenOver: (channel, done) => {
        channel.onState((state) => {
          if (state.is === 'closed') done();
        });
      },
    });
  }

  /** Opens a channel to one instance, and expects the service there. */
  async dial(service: ServiceName, protocol: Protocol, target: Target, signal?: AbortSignal): Promise<Channel> {
    const { credentials, authenticator, clock } = this.#options;
    const expect = expectService(service);
    const epoch = this.#epoch;
    const channel = await this.#takeTurn(service, target, () =>
      dial({ address: target.endpoint, protocol, credentials, authenticator, expect, signal, clock }),
    );
    if (this.#stage.is === 'closed') {
      channel.cut();
      throw closedFor(service);
    }
    this.#open.set(channel, { expect, target });
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
    throw new ThemisError('THEMIS_HANDSHAKE_FAILED', `${service} closed the connection`);
  }

  /** Judges every channel that was opened here again, by what is believed now. */
  judgeAgain(): void {
    this.#epoch += 1;
    for (const [channel, { expect }] of this.#open) this.#judge(channel, expect);
  }

  /** Takes no new errands, waits for those under way and for open channels, and cuts what is left after a while. */
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

  async #runWhereItCan<T>(errand: Errand<T>): Promise<T> {
    const tried = new Set<string>();
    let failure: Error | undefined;
    let isRefreshed = false;
    for (let tries = 0; tries < MOST_TRIES && this.#stage.is !== 'closed'; tries += 1) {
      let target = await this.#pick(errand, tried);
      if (target === undefined && failure !== undefined && !isRefreshed) {
        isRefreshed = true;
        await this.#options.targets.refresh(errand.service);
        target = await this.#pick(errand, tried);
      }
      if (target === undefined) break;
      const result = await this.#runAt(errand, target);
      if ('value' in result) return result.value;
      failure = result.failure;
      if (result.again === 'anywhere') continue;
      // What news may turn is tried once more in the same place, after they were asked for.
      const mayTurn: boolean = !isRefreshed && isTurned(failure);
      if (!mayTurn) tried.add(target.key);
      isRefreshed ||= mayTurn;
      if (mayTurn) await this.#options.targets.refresh(errand.service);
    }
    throw failure ?? new ThemisError('THEMIS_NO_INSTANCE', `${errand.service} over ${errand.protocol}`);
  }

  async #pick<T>({ service, protocol, signal }: Errand<T>, tried: ReadonlySet<string>): Promise<Target | undefined> {
    const { targets, balancer } = this.#options;
    signal?.throwIfAborted();
    const known = targets.targets(service, protocol);
    return balancer.pick(known instanceof Promise ? await unlessAborted(known, signal) : known, tried);
  }

  /** @throws what it failed with, where it may not be run again */
  async #runAt<T>(errand: Errand<T>, target: Target): Promise<Result<T>> {
    const { balancer } = this.#options;
    const done = balancer.begin(target);
    try {
      const value = await errand.run(target);
      errand.whenOver(value, done);
      return { value };
    } catch (error) {
      done();
      const again = errand.again(error, target);
      if (again === 'nowhere') throw error;
      if (again === 'elsewhere') balancer.avoid(target, AVOID_MS);
      // What may be run again is a failure of ours; a signal's reason, which may be anything, is not.
      return { failure: error as Error, again };
    }
  }

  async #takeTurn<T>(service: ServiceName, target: Target, run: () => Promise<T>): Promise<T> {
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
  #noteFailure(service: ServiceName, target: Target, error: ThemisError): void {
    this.#options.onFailure(service, target, error);
    const isReached = [...this.#open.values()].some((open) => open.target.key === target.key);
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

function closedFor(service: ServiceName): ThemisError {
  return new ThemisError('THEMIS_CLOSED', `the mesh, asked for ${service}`);
}

function isTurned(failure: unknown): boolean {
  return ThemisError.is(failure) && failure.refusal !== undefined && isTurnedByNews(failure.refusal.code);
}

/** Whether a failed dial may be tried elsewhere: nothing was sent, and another instance may be who it should be. */
export function mayDialAgain(error: unknown): boolean {
  return isWorthAnotherTry(error) || ThemisError.is(error, 'THEMIS_PEER_REFUSED');
}

/** @throws the signal's reason */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
