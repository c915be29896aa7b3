import { isTurnedByNews, ThemisError, type TargetName } from '@themis-mesh/core';
import { isWorthAnotherTry, type Channel, type Protocol } from '@themis-mesh/channel';
import type { Balancer, Target } from './balancer.ts';
import type { Dialer } from './dialer.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Where the instances of a service are. */
export interface TargetSource {
  /**
   * Those that speak a protocol: at once where they are known, so that a call costs no more turns than it must; else when the
   * directory has answered.
   *
   * @throws ThemisError `THEMIS_NAME_UNKNOWN`, `THEMIS_DIRECTORY_UNAVAILABLE`
   */
  targets(service: TargetName, protocol: Protocol): readonly Target[] | Promise<readonly Target[]>;
  /** Asks for news of the app and of the service: what is known of them led nowhere. Does not throw. */
  refresh(service: TargetName): Promise<void>;
}

/** Something to do at an instance of a service. */
export interface Errand<T> {
  readonly service: TargetName;
  readonly protocol: Protocol;
  readonly signal?: AbortSignal | undefined;
  readonly run: (target: Target) => Promise<T>;
  /** Where it may be run again after a failure: nothing of it was sent, or twice does no harm. */
  readonly again: (error: unknown, target: Target) => Again;
  /** Has `done` called when what was begun is over: until then it counts as under way. */
  readonly whenOver: (value: T, done: () => void) => void;
}

/** `anywhere`: at the same instance too. */
export type Again = 'nowhere' | 'elsewhere' | 'anywhere';

type Result<T> = { readonly value: T } | { readonly failure: Error; readonly again: Again };

/** How long a target is passed over that could not be reached. */
const AVOID_MS = 5000;

/** How often one errand is run, at the most. */
const MOST_TRIES = 4;

export interface ErrandsOptions {
  readonly targets: TargetSource;
  readonly balancer: Balancer;
  readonly dialer: Dialer;
}

/** Runs errands at whichever instance of a service is well. */
export class Errands {
  readonly #options: ErrandsOptions;

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /**
   * Runs an errand at an instance, and at another where it may be.
   *
   * @throws ThemisError the last failure, `THEMIS_NO_INSTANCE`, `THEMIS_CLOSED`; the signal's reason
   */
  async run<T>(errand: Errand<T>): Promise<T> {
    const end = this.#options.dialer.begin(errand.service);
    try {
      return await this.#runWhereItCan(errand);
    } finally {
      end();
    }
  }

  /** Opens a channel to some instance. @throws ThemisError as `dial` does, and as {@link run} does */
  open(service: TargetName, protocol: Protocol, signal?: AbortSignal): Promise<Channel> {
    const { dialer } = this.#options;
    return this.run({
      service,
      protocol,
      signal,
      run: async (target) => {
        while (!dialer.turns.hasPlace(target.key)) await dialer.turns.sleep(target.key, signal);
        return dialer.dial(service, protocol, target, signal);
      },
      again: (error) => (mayDialAgain(error) ? 'elsewhere' : 'nowhere'),
      whenOver: (channel, done) => {
        channel.onState((state) => {
          if (state.is === 'closed') done();
        });
      },
    });
  }

  async #runWhereItCan<T>(errand: Errand<T>): Promise<T> {
    const { targets, dialer } = this.#options;
    const tried = new Set<string>();
    let failure: Error | undefined;
    let isRefreshed = false;
    for (let tries = 0; tries < MOST_TRIES && !dialer.isClosed; tries += 1) {
      let target = await this.#pick(errand, tried);
      if (target === undefined && failure !== undefined && !isRefreshed) {
        isRefreshed = true;
        await targets.refresh(errand.service);
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
      if (mayTurn) await targets.refresh(errand.service);
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
}

/** Whether a failed dial may be tried elsewhere: nothing was sent, and another instance may be who it should be. */
export function mayDialAgain(error: unknown): boolean {
  return isWorthAnotherTry(error) || ThemisError.is(error, 'THEMIS_PEER_REFUSED');
}

function isTurned(failure: unknown): boolean {
  return ThemisError.is(failure) && failure.refusal !== undefined && isTurnedByNews(failure.refusal.code);
}
