/** What of a service's requests may be sent again. */
export interface RetryBudgetRules {
  /** Of every hundred requests so many may be sent again. */
  readonly percent: number;
  /** So many may be in any case, where there are few requests. */
  readonly minPerSecond: number;
}

export const DEFAULT_RETRY_BUDGET: RetryBudgetRules = { percent: 20, minPerSecond: 3 };

/** How long a token serves. */
const WINDOW_SECONDS = 10;

const SLOT_MS = 1000;

/**
 * A bucket of tokens for one service: each request puts in a part of one, each retry takes one out, and what is not taken is
 * worth nothing after ten seconds. A service in trouble is so given a fifth more work at the most, however many callers retry.
 */
export class RetryBudget {
  #rules: RetryBudgetRules;
  /** Per second of the last ten. */
  readonly #requests = new Float64Array(WINDOW_SECONDS);
  readonly #retries = new Float64Array(WINDOW_SECONDS);
  #slot = 0;
  #slotEnds = -Infinity;

  constructor(rules: RetryBudgetRules = DEFAULT_RETRY_BUDGET) {
    this.#rules = rules;
  }

  set rules(rules: RetryBudgetRules) {
    this.#rules = rules;
  }

  /** Counts a request that was not sent before. @param now milliseconds of a clock that never goes back */
  deposit(now: number): void {
    if (now >= this.#slotEnds) this.#turn(now);
    this.#requests[this.#slot] = (this.#requests[this.#slot] ?? 0) + 1;
  }

  /** @returns whether one more retry may be made; it then counts as made */
  withdraw(now: number): boolean {
    if (now >= this.#slotEnds) this.#turn(now);
    const { percent, minPerSecond } = this.#rules;
    const granted = (sum(this.#requests) * percent) / 100 + minPerSecond * WINDOW_SECONDS;
    if (sum(this.#retries) + 1 > granted) return false;
    this.#retries[this.#slot] = (this.#retries[this.#slot] ?? 0) + 1;
    return true;
  }

  #turn(now: number): void {
    const isFirst = this.#slotEnds === -Infinity;
    const passed = isFirst ? WINDOW_SECONDS : Math.min(WINDOW_SECONDS, Math.floor((now - this.#slotEnds) / SLOT_MS) + 1);
    for (let count = 0; count < passed; count += 1) {
      this.#slot = (this.#slot + 1) % WINDOW_SECONDS;
      this.#requests[this.#slot] = this.#retries[this.#slot] = 0;
    }
    this.#slotEnds = passed === WINDOW_SECONDS ? now + SLOT_MS : this.#slotEnds + passed * SLOT_MS;
  }
}

function sum(numbers: Float64Array): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
