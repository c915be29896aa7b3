/** Time, as an argument. */
export interface Clock {
  /** Milliseconds since 1970, by the wall clock: what certificates are judged by. */
  now(): number;
  /** Runs once after a span of the monotonic clock. The wait keeps no process alive. @returns a function that calls it off */
  after(milliseconds: number, run: () => void): () => void;
}

/** Node's longest timer; a longer one would fire at once. */
const LONGEST = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, Math.min(Math.max(milliseconds, 0), LONGEST));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
