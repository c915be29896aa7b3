/** In how long a latency counts for a third of what it did: an answer that was slow once is forgiven. Milliseconds. */
export const DECAY_MS = 5000;

/** Differences below are noise of one machine, not a reason to prefer an instance. Milliseconds. */
export const FLOOR_MS = 1;

/**
 * What a request to one instance is likely to cost: an exponentially weighted mean of latencies that jumps to a peak at once
 * and forgets it by time. By time rather than by requests, because one that is slow is given few.
 */
export class PeakEwma {
  #cost = 0;
  #at = 0;
  #isMeasured = false;

  /** Whether any answer was measured. One that was not counts as fast as whoever it is compared with. */
  get isMeasured(): boolean {
    return this.#isMeasured;
  }

  /** @param latency of one answer. @param now milliseconds of a clock that never goes back */
  observe(latency: number, now: number): void {
    const weight = this.#isMeasured ? weightAfter(now - this.#at) : 0;
    const decayed = this.#cost * weight;
    this.#cost = latency > decayed ? latency : decayed + latency * (1 - weight);
    this.#at = now;
    this.#isMeasured = true;
  }

  /** Milliseconds, at least {@link FLOOR_MS}. */
  cost(now: number): number {
    const cost = this.#cost * weightAfter(now - this.#at);
    return cost > FLOOR_MS ? cost : FLOOR_MS;
  }
}

function weightAfter(span: number): number {
  return span > 0 ? Math.exp(-span / DECAY_MS) : 1;
}
