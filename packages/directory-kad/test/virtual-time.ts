import type { KadClock } from '@themis-mesh/directory-kad';
import { ManualClock } from '@themis-mesh/testkit';

/** Time that passes when a test says so, and in which everything that is promised happens. */
export class VirtualTime implements KadClock {
  readonly #clock: ManualClock;

  constructor(clock: ManualClock = new ManualClock()) {
    this.#clock = clock;
  }

  seconds(): number {
    return this.#clock.seconds;
  }

  millis(): number {
    return this.#clock.now();
  }

  after(milliseconds: number, run: () => void): () => void {
    return this.#clock.after(milliseconds, run);
  }

  /** Lets so much time pass, in small steps between which all promises settle. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= STEP_MS) {
      this.#clock.advance(Math.min(STEP_MS, left));
      await settle();
    }
  }

  /** The promise, while time passes until it settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => {
      isSettled = true;
    };
    promise.then(done, done);
    for (let at = 0; at < MOST_STEPS; at += 1) {
      await settle();
      if (isSettled) return promise;
      this.#clock.advance(STEP_MS);
    }
    throw new Error(`not settled after ${MOST_STEPS * STEP_MS} ms`);
  }
}

const STEP_MS = 20;
const MOST_STEPS = 5_000;

/** After all that is promised and needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
