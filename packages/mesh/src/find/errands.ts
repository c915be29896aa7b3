import { setTimeout as sleep } from 'node:timers/promises';
import { isTurnedByNews, ThemisError, type TargetName } from '@themis-mesh/core';
import { isWorthAnotherTry, type Channel, type Protocol } from '@themis-mesh/channel';
import { retryDelay } from '../traffic/retry-delay.ts';
import type { Lane, Lanes } from '../traffic/lanes.ts';
import type { CallTerms } from '../traffic/terms.ts';
import type { Balancer, Target } from './balancer.ts';
import type { Dialer } from './dialer.ts';
import type { Errand } from './errand.ts';
import { Subsets } from './subsets.ts';
import { Tries, type Failed, type Tried } from './tries.ts';
import { unlessAborted } from './unless-aborted.ts';

export type { Again, Errand } from './errand.ts';

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

/** How often one errand is run, at the most, where it was never sent; what may have been taken has limits of its own. */
const MOST_TRIES = 4;

export interface ErrandsOptions {
  readonly targets: TargetSource;
  readonly balancer: Balancer;
  readonly dialer: Dialer;
  readonly lanes: Lanes;
  /** Random, 0 to below 1. */
  readonly chance: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** What one errand has behind it. */
interface Course {
  readonly lane: Lane;
  tried: Set<string> | undefined;
  failure: Error | undefined;
  isRefreshed: boolean;
  /** Who answered last in a way that was not handed on: where there is nobody else, it is asked again. */
  answered: Target | undefined;
  triesLeft: number;
  /** How often it was run again though it may have been taken. */
  repeats: number;
}

/** Runs errands at whichever instance of a service is well. */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #tries: Tries;
  readonly #subsets = new Subsets();

  constructor(options: ErrandsOptions) {
    this.#options = options;
    this.#tries = new Tries(options.balancer);
  }

  /**
   * Runs an errand at an instance, and at another where it may be.
   *
   * @throws ThemisError the last failure, `THEMIS_NO_INSTANCE`, `THEMIS_CLOSED`, `THEMIS_TRY_TIMEOUT`; the signal's reason
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
      run: async (target, attempt) => {
        while (!dialer.turns.hasPlace(target.key)) await dialer.turns.sleep(target.key, attempt.signal);
        return dialer.dial(service, protocol, target, attempt.signal);
      },
      again: (error) => (mayDialAgain(error) ? 'elsewhere' : 'nowhere'),
      whenOver: (channel, done) => {
        channel.onState((state) => {
          if (state.is === 'closed') done();
        });
      },
      discard: (channel) => {
        channel.cut();
      },
    });
  }

  async #runWhereItCan<T>(errand: Errand<T>): Promise<T> {
    const { targets, dialer, lanes, now } = this.#options;
    const lane = lanes.of(errand.service);
    lane.budget.deposit(now());
    const course: Course = {
      lane,
      tried: undefined,
      failure: undefined,
      isRefreshed: false,
      answered: undefined,
      triesLeft: 0,
      repeats: 0,
    };
    course.triesLeft = Math.max(MOST_TRIES, lane.rules.retries.attempts + 1);
    while (course.triesLeft > 0 && !dialer.isClosed) {
      course.triesLeft -= 1;
      let target = await this.#pick(errand, course);
      if (target === undefined && course.answered !== undefined) {
        course.tried?.delete(course.answered.key);
        course.answered = undefined;
        target = await this.#pick(errand, course);
      }
      if (target === undefined && course.failure !== undefined && !course.isRefreshed) {
        course.isRefreshed = true;
        await targets.refresh(errand.service);
        target = await this.#pick(errand, course);
      }
      if (target === undefined) break;
      const result = await this.#runAt(errand, target, course);
      if ('value' in result) return result.value;
      await this.#learn(errand, result, course);
    }
    throw course.failure ?? new ThemisError('THEMIS_NO_INSTANCE', `${errand.service} over ${errand.protocol}`);
  }

  #pick<T>({ service, protocol, signal, terms }: Errand<T>, course: Course): Target | undefined | Promise<Target | undefined> {
    const { targets } = this.#options;
    signal?.throwIfAborted();
    const known = targets.targets(service, protocol);
    if (known instanceof Promise) {
      return unlessAborted(known, signal).then((found) => this.#pickOf(found, terms, course));
    }
    return this.#pickOf(known, terms, course);
  }

  #pickOf(targets: readonly Target[], terms: CallTerms | undefined, { tried, lane }: Course): Target | undefined {
    const labels = terms?.labels;
    const choices = labels === undefined ? targets : this.#subsets.of(targets, labels);
    return this.#options.balancer.pick(choices, { tried, prefersZone: lane.rules.prefersZone });
  }

  /** At a target; where that takes long, and hedging is asked for, at another one beside. */
  #runAt<T>(errand: Errand<T>, target: Target, course: Course): Promise<Tried<T>> {
    const { lane } = course;
    const mayAgain = (): boolean =>
      course.triesLeft > 0 && course.repeats < lane.rules.retries.attempts && lane.budget.withdraw(this.#options.now());
    return this.#tries.run(errand, target, {
      rules: lane.rules,
      mayAgain,
      pickAnother: () => {
        (course.tried ??= new Set()).add(target.key);
        return this.#pick(errand, course);
      },
    });
  }

  /** Decides after a failure how it goes on. @throws the failure, where it does not */
  async #learn<T>(errand: Errand<T>, failed: Failed, course: Course): Promise<void> {
    const { chance, targets, now } = this.#options;
    const { lane } = course;
    course.failure = failed.failure;
    if (failed.isAnswer) course.answered = failed.target;
    if (!failed.isUnsent) {
      const { attempts } = lane.rules.retries;
      const isPaid = failed.isAnswer || (course.repeats < attempts && lane.budget.withdraw(now()));
      if (!isPaid) throw failed.failure;
      course.repeats += 1;
      const wait = retryDelay(course.repeats, chance(), lane.rules.retries);
      // Not a wait that lets the process end before its call.
      if (wait >= 1) await sleep(wait, undefined, errand.signal && { signal: errand.signal }).catch(() => undefined);
      errand.signal?.throwIfAborted();
    }
    if (failed.again === 'anywhere') return;
    // What news may turn is tried once more in the same place, after they were asked for.
    const mayTurn: boolean = !course.isRefreshed && isTurned(failed.failure);
    if (!mayTurn) (course.tried ??= new Set()).add(failed.target.key);
    course.isRefreshed ||= mayTurn;
    if (mayTurn) await targets.refresh(errand.service);
  }
}

/** Whether a failed dial may be tried elsewhere: nothing was sent, and another instance may be who it should be. */
export function mayDialAgain(error: unknown): boolean {
  return isWorthAnotherTry(error) || ThemisError.is(error, 'THEMIS_PEER_REFUSED');
}

function isTurned(failure: unknown): boolean {
  return ThemisError.is(failure) && failure.refusal !== undefined && isTurnedByNews(failure.refusal.code);
}
