/** Time, as an argument. */
export interface KadClock {
  /** Seconds since 1970, by the wall clock: what records are judged by. */
  seconds(): number;
  /** Milliseconds of a clock that never goes back: what spans are measured by. */
  millis(): number;
  /** Runs once after a span; the wait keeps no process alive. @returns a function that calls it off */
  after(milliseconds: number, run: () => void): () => void;
}
