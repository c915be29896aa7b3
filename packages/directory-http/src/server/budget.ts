/** How often a caller may ask. */
export interface Rate {
  /** Requests a second, in the long run. */
  readonly perSecond: number;
  /** Requests at once. */
  readonly burst: number;
}

/** How many callers are counted. Past that the one that asked longest ago is forgotten. */
const MOST_CALLERS = 16_384;

/** A bucket of tokens for each caller. */
export class Budget {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes one token. @returns false where there is none */
  take(caller: string): boolean {
    const now = this.#now();
    const before = this.#buckets.get(caller);
    const elapsed = before === undefined ? 0 : Math.max(0, now - before.at);
    const { perSecond, burst } = this.#rate;
    const tokens = Math.min(burst, (before?.tokens ?? burst) + (elapsed * perSecond) / 1000);
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_CALLERS && oldest !== undefined) this.#buckets.delete(oldest);
    return tokens >= 1;
  }
}
