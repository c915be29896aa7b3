import type { Limits, Rate } from '@themis-mesh/core';
import { TokenBucket } from './token-bucket.ts';

/** More callers than an app has; beyond, those are forgotten that could begin anew. */
const MANY = 10_000;

/** Holds each caller to its rate. */
export class RateLimiter {
  readonly #limits: Limits;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * @param now milliseconds of a clock that never goes back
   * @returns 0 where the request may go on, and is counted; else in how many milliseconds the next may come
   */
  take(caller: string, now: number): number {
    const known = this.#buckets.get(caller);
    if (known !== undefined) return known.take(now);
    const { callers = {}, perCaller } = this.#limits;
    const rate = Object.hasOwn(callers, caller) ? callers[caller] : perCaller;
    return rate === undefined ? 0 : this.#begin(caller, rate, now).take(now);
  }

  #begin(caller: string, { perSecond, burst = perSecond }: Rate, now: number): TokenBucket {
    if (this.#buckets.size >= MANY) {
      for (const [name, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(name);
    }
    const bucket = new TokenBucket(perSecond, burst, now);
    this.#buckets.set(caller, bucket);
    return bucket;
  }
}
