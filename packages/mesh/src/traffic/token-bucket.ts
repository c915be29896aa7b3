/** So many at once, and so many a second for long: what is not used fills it up again, never beyond its brim. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #brim: number;
  #tokens: number;
  #at: number;

  /** @param now milliseconds of a clock that never goes back. It begins full. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#brim = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** @returns 0 where a token was taken; else in how many milliseconds there will be one */
  take(now: number): number {
    this.#fill(now);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return (1 - this.#tokens) / this.#perMs;
  }

  /** Whether it is as good as a new one. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#brim;
  }

  #fill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#brim, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
