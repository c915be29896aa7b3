/** How many networks are remembered; beyond that the one that was longest quiet is forgotten. */
const MOST_NETWORKS = 4096;

interface Bucket {
  readonly left: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How often each network may come: so many times a minute, and as many at once after a quiet minute. */
export class VisitRate {
  readonly #perMinute: number;
  // A Map keeps the order of insertion, and every visit puts its network last.
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts a visit. @param now milliseconds since 1970. @returns whether it is one too many */
  isTooMany(network: string, now: number): boolean {
    const { left, at } = this.#buckets.get(network) ?? { left: this.#perMinute, at: now };
    const grown = left + (Math.max(0, now - at) * this.#perMinute) / 60_000;
    const refilled = Math.min(this.#perMinute, grown);
    this.#buckets.delete(network);
    this.#buckets.set(network, { left: refilled >= 1 ? refilled - 1 : refilled, at: now });
    if (this.#buckets.size > MOST_NETWORKS) this.#forgetOldest();
    return refilled < 1;
  }

  #forgetOldest(): void {
    for (const network of this.#buckets.keys()) {
      this.#buckets.delete(network);
      return;
    }
  }
}
