import type { IdentityId } from '@themis-mesh/core';

interface Filled {
  tokens: number;
  at: number;
}

/** What each peer may still ask: so much a second, and so much at once after a quiet time. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #filled = new Map<IdentityId, Filled>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** @param now milliseconds of a clock that never goes back. @returns false where the peer has not as many left */
  take(peer: IdentityId, cost: number, now: number): boolean {
    const { tokens, at } = this.#filled.get(peer) ?? { tokens: this.#burst, at: now };
    const there = Math.min(this.#burst, tokens + ((now - at) * this.#perSecond) / 1000);
    const isEnough = there >= cost;
    this.#filled.set(peer, { tokens: isEnough ? there - cost : there, at: now });
    return isEnough;
  }

  /** Forgets whose bucket is full again: they are as good as new. */
  sweep(now: number): void {
    for (const [peer, { tokens, at }] of this.#filled) {
      if (tokens + ((now - at) * this.#perSecond) / 1000 >= this.#burst) this.#filled.delete(peer);
    }
  }
}
