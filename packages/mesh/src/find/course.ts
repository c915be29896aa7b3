import type { CallRules } from '../traffic/call-rules.ts';
import type { Lane } from '../traffic/lanes.ts';
import type { Sought } from './errand.ts';
import type { Target } from './target.ts';
import type { TryContext } from './tries.ts';

/** How often one errand is run, at the most, where it was never sent; what may have been taken has limits of its own. */
const MOST_TRIES = 4;

/** What all courses share. */
export interface CourseGround {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** A target that was not tried. @throws the signal's reason */
  readonly pick: (course: Course) => Target | undefined | Promise<Target | undefined>;
}

/** One errand, and what it has behind it. */
export class Course implements TryContext {
  readonly sought: Sought;
  readonly lane: Lane;
  /** Where it is run, or was last. */
  target: Target | undefined;
  tried: Set<string> | undefined;
  failure: Error | undefined;
  /** Whether news were asked for, since what is known led nowhere. */
  isRefreshed = false;
  /** Who answered last in a way that was not handed on: where there is nobody else, it is asked again. */
  answered: Target | undefined;
  triesLeft: number;
  /** How often it was run again though it may have been taken. */
  repeats = 0;
  readonly #ground: CourseGround;

  constructor(sought: Sought, lane: Lane, ground: CourseGround) {
    this.sought = sought;
    this.lane = lane;
    this.#ground = ground;
    this.triesLeft = Math.max(MOST_TRIES, lane.rules.retries.attempts + 1);
  }

  get rules(): CallRules {
    return this.lane.rules;
  }

  /** Whether the budget pays for one more run of what may have been taken; it then counts as made. */
  isPaid(): boolean {
    return this.repeats < this.rules.retries.attempts && this.lane.budget.withdraw(this.#ground.now());
  }

  mayAgain(): boolean {
    return this.triesLeft > 0 && this.isPaid();
  }

  pickAnother(): Target | undefined | Promise<Target | undefined> {
    if (this.target !== undefined) this.leave(this.target);
    return this.#ground.pick(this);
  }

  /** It is not run there any more. */
  leave({ key }: Target): void {
    (this.tried ??= new Set()).add(key);
  }
}
