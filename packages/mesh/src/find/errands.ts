import { setTimeout as sleep } from 'node:timers/promises';
import { isTurnedByNews, ThemisError, type TargetName } from '@themis-mesh/core';
import { isWorthAnotherTry, type Channel, type Protocol } from '@themis-mesh/channel';
import { retryDelay } from '../traffic/retry-delay.ts';
import type { Lanes } from '../traffic/lanes.ts';
import type { Balancer, Target } from './balancer.ts';
import { Course, type CourseGround } from './course.ts';
import type { Dialer } from './dialer.ts';
import type { Errand } from './errand.ts';
import { Subsets } from './subsets.ts';
import { Failed, Tries } from './tries.ts';
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

/** Runs errands at whichever instance of a service is well. */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #tries: Tries;
  readonly #subsets = new Subsets();
  readonly #ground: CourseGround;

  constructor(options: ErrandsOptions) {
    this.#options = options;
    this.#tries = new Tries(options.balancer);
    this.#ground = { now: options.now, pick: (course) => this.#pick(course) };
  }

  /**
   * Runs an errand at an instance, and at another where it may be.
   *
   * @throws ThemisError the last failure, `THEMIS_NO_INSTANCE`, `THEMIS_CLOSED`, `THEMIS_TRY_TIMEOUT`; the signal's reason
   */
  async run<T>(errand: Errand<T>): Promise<T> {
    const { dialer, lanes, now } = this.#options;
    dialer.begin(errand.service);
    try {
      const lane = lanes.of(errand.service);
      lane.budget.deposit(now());
      const course = new Course(errand, lane, this.#ground);
      while (course.triesLeft > 0 && !dialer.isClosed) {
        course.triesLeft -= 1;
        const picked = this.#pick(course);
        course.target = (picked instanceof Promise ? await picked : picked) ?? (await this.#pickAgain(course));
        if (course.target === undefined) break;
        const result = await this.#tries.run(errand, course.target, course);
        if (!(result instanceof Failed)) return result;
        await this.#learn(result, course);
      }
      throw course.failure ?? new ThemisError('THEMIS_NO_INSTANCE', `${errand.service} over ${errand.protocol}`);
    } finally {
      dialer.end();
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

  #pick({ sought, tried, lane }: Course): Target | undefined | Promise<Target | undefined> {
    const { service, protocol, signal, terms } = sought;
    signal?.throwIfAborted();
    const known = this.#options.targets.targets(service, protocol);
    const pickOf = (targets: readonly Target[]): Target | undefined => {
      const labels = terms?.labels;
      const choices = labels === undefined ? targets : this.#subsets.of(targets, labels);
      return this.#options.balancer.pick(choices, { tried, prefersZone: lane.rules.prefersZone });
    };
    return known instanceof Promise ? unlessAborted(known, signal).then(pickOf) : pickOf(known);
  }

  /** Where nobody is left: whoever answered, if badly; else whoever is known after news were asked for. */
  async #pickAgain(course: Course): Promise<Target | undefined> {
    let target: Target | undefined;
    if (course.answered !== undefined) {
      course.tried?.delete(course.answered.key);
      course.answered = undefined;
      target = await this.#pick(course);
    }
    if (target !== undefined || course.failure === undefined || course.isRefreshed) return target;
    course.isRefreshed = true;
    await this.#options.targets.refresh(course.sought.service);
    return this.#pick(course);
  }

  /** Decides after a failure how it goes on. @throws the failure, where it does not */
  async #learn(failed: Failed, course: Course): Promise<void> {
    const { chance, targets } = this.#options;
    const { sought, rules } = course;
    course.failure = failed.failure;
    if (failed.isAnswer) course.answered = failed.target;
    if (!failed.isUnsent) {
      if (!failed.isAnswer && !course.isPaid()) throw failed.failure;
      course.repeats += 1;
      const wait = retryDelay(course.repeats, chance(), rules.retries);
      // Not a wait that lets the process end before its call.
      if (wait >= 1) await sleep(wait, undefined, sought.signal && { signal: sought.signal }).catch(() => undefined);
      sought.signal?.throwIfAborted();
    }
    if (failed.again === 'anywhere') return;
    // What news may turn is tried once more in the same place, after they were asked for.
    const mayTurn: boolean = !course.isRefreshed && isTurned(failed.failure);
    if (!mayTurn) course.leave(failed.target);
    course.isRefreshed ||= mayTurn;
    if (mayTurn) await targets.refresh(sought.service);
  }
}

/** Whether a failed dial may be tried elsewhere: nothing was sent, and another instance may be who it should be. */
export function mayDialAgain(error: unknown): boolean {
  return isWorthAnotherTry(error) || ThemisError.is(error, 'THEMIS_PEER_REFUSED');
}

function isTurned(failure: unknown): boolean {
  return ThemisError.is(failure) && failure.refusal !== undefined && isTurnedByNews(failure.refusal.code);
}
