import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetName } from '@themis-mesh/core';
import type { OpenRequest } from '@themis-mesh/telemetry';
import type { Balancer, Target } from '../find/balancer.ts';
import type { Passage } from '../find/place.ts';
import type { Subsets } from '../find/subsets.ts';
import type { Outcome } from './breaker.ts';
import { passed } from './call-limit.ts';
import type { CallRules } from './call-rules.ts';
import type { Harm } from './faults.ts';
import type { Lane } from './lanes.ts';

export interface GuidedCallOptions {
  /** As the program wrote it. */
  readonly called: TargetName;
  readonly service: TargetName;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Of the service that was called. */
  readonly home: Lane;
  /** Of the service that it goes to. */
  readonly lane: Lane;
  readonly balancer: Balancer;
  readonly subsets: Subsets;
  readonly now: () => number;
  readonly open: OpenRequest;
  readonly isSafe: boolean;
  readonly left: number | undefined;
  readonly harm: Harm | undefined;
}

/** One call of a client that makes its own connections, and what the rules want of it. */
export class GuidedCall {
  /** Where it goes: another service than the one that was called where a route or a split says so. */
  readonly service: TargetName;
  /** For the log and the metrics. */
  readonly open: OpenRequest;
  /** Whether the program says that it may be done twice. */
  readonly isSafe: boolean;
  /** Until when somebody waits for it, when it began. Milliseconds; undefined: nobody said. */
  readonly left: number | undefined;
  readonly #options: GuidedCallOptions;
  #tried: Set<string> | undefined;
  #repeats = 0;
  #gone: AbortController | undefined;
  #place: 'none' | 'taken' | 'over' = 'none';

  constructor(options: GuidedCallOptions) {
    this.#options = options;
    this.service = options.service;
    this.open = options.open;
    this.isSafe = options.isSafe;
    this.left = options.left;
  }

  /** For its retries and its breakers: of the service that it goes to. */
  get rules(): CallRules {
    return this.#options.lane.rules;
  }

  /** The status of HTTP that it is answered with, and nothing is sent; undefined for a call that is sent. */
  get injected(): number | undefined {
    return this.#options.harm?.status;
  }

  /**
   * What comes before it is sent: a fault's delay, and the wait for a place among those under way.
   *
   * @returns undefined where it may be sent at once
   * @throws ThemisError `THEMIS_DEADLINE_PASSED`, `THEMIS_TOO_MANY_CALLS`, also from the wait
   */
  ready(): Promise<void> | undefined {
    const { left, harm, home, called } = this.#options;
    if (left !== undefined && left <= 0) throw passed(called);
    const isCounted = home.rules.atOnce !== undefined && harm?.status === undefined;
    return harm === undefined && !isCounted ? undefined : this.#prepare(harm?.delayMs ?? 0, isCounted);
  }

  /** Of some targets, those that it may go to. The same lists give the same list. */
  choices(targets: readonly Target[]): readonly Target[] {
    const { labels, subsets } = this.#options;
    return labels === undefined ? targets : subsets.of(targets, labels);
  }

  /** The one to take: not one that was tried, as long as there is another. @returns undefined where there is none at all */
  pick(choices: readonly Target[]): Target | undefined {
    const { balancer, lane } = this.#options;
    const { prefersZone } = lane.rules;
    return balancer.pick(choices, { tried: this.#tried, prefersZone }) ?? balancer.pick(choices, { prefersZone });
  }

  /** It is sent to a target. */
  tryAt(target: Target): GuidedTry {
    const { balancer, lane, open } = this.#options;
    (this.#tried ??= new Set()).add(target.key);
    open.tryAt(target.instance, target.endpoint.port);
    return new GuidedTry(balancer.begin(target, lane.rules.outliers));
  }

  /** Whether it may be sent once more though it may have been taken. It then counts as sent. */
  mayRepeat(): boolean {
    const { lane, now } = this.#options;
    const may = this.#repeats < lane.rules.retries.attempts && lane.budget.withdraw(now());
    if (may) this.#repeats += 1;
    return may;
  }

  /** Nothing of it is under way any more. Only the first end counts. @param error why there is no answer */
  over(error?: unknown): void {
    if (this.#place === 'taken') this.#options.home.room.leave();
    this.#place = 'over';
    this.#gone?.abort();
    if (error === undefined) this.open.end();
    else this.open.fail(error);
  }

  async #prepare(delayMs: number, isCounted: boolean): Promise<void> {
    const { home, called } = this.#options;
    const { signal } = (this.#gone = new AbortController());
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    if (!isCounted) return;
    await home.room.enter(called, signal);
    if (this.#place === 'over') home.room.leave();
    else this.#place = 'taken';
  }
}

/** One try of a call at a target. */
export class GuidedTry {
  readonly #passage: Passage;
  #isAnswered = false;

  constructor(passage: Passage) {
    this.#passage = passage;
  }

  /** The head of its answer is here, or it is known that there will be none. Only the first counts. */
  answered(outcome: Outcome): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#passage.end(outcome);
  }

  /** Nothing of it is under way any more. @param outcome where there was no head of an answer */
  over(outcome: Outcome): void {
    this.answered(outcome);
    this.#passage.over();
  }
}
