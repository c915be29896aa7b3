import { KAD } from '../constants.ts';

/**
 * How long a peer's answers take: a smoothed mean and deviation (RFC 6298 section 2), from which follows how long to wait for the
 * next. A peer beside us is given up in half a second, one on another continent is not.
 */
export class RoundTrips {
  #mean: number | undefined;
  #deviation = 0;

  /** @param took milliseconds from the request to its answer */
  add(took: number): void {
    if (this.#mean === undefined) {
      this.#mean = took;
      this.#deviation = took / 2;
      return;
    }
    this.#deviation += (Math.abs(took - this.#mean) - this.#deviation) / 4;
    this.#mean += (took - this.#mean) / 8;
  }

  /** Milliseconds after which an answer comes no more. */
  get timeoutMs(): number {
    if (this.#mean === undefined) return KAD.firstTimeoutMs;
    const wanted = this.#mean + 8 * this.#deviation + KAD.leastSlowMs;
    return Math.min(KAD.mostTimeoutMs, Math.max(KAD.leastTimeoutMs, wanted));
  }

  /** Milliseconds after which an answer is late, and another peer is asked beside. */
  get slowMs(): number {
    if (this.#mean === undefined) return KAD.firstTimeoutMs / 4;
    return Math.max(KAD.leastSlowMs, this.#mean + 4 * this.#deviation);
  }
}
