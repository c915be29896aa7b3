import { HTTP2_LIMITS } from './http2-limits.ts';

/** How many streams of one connection may still end by a reset, whichever side resets them. */
export class ResetBudget {
  #left: number = HTTP2_LIMITS.resetsAtOnce;
  #countedAt: number;

  /** @param now milliseconds, of whatever clock */
  constructor(now: number) {
    this.#countedAt = now;
  }

  /** Takes one. @returns false where none is left */
  take(now: number): boolean {
    const { resetsAtOnce, resetsPerSecond } = HTTP2_LIMITS;
    const gained = (Math.max(0, now - this.#countedAt) / 1000) * resetsPerSecond;
    this.#countedAt = now;
    this.#left = Math.min(resetsAtOnce, this.#left + gained) - 1;
    return this.#left >= 0;
  }
}
