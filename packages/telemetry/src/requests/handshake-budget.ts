/** Lines about strangers in one span. Milliseconds. */
const LINES = 1000;
const SPAN_MS = 10_000;

/** How many lines strangers may cause, so that they do not fill the disk: whoever is proved and admitted is not counted. */
export class HandshakeBudget {
  readonly #elapsed: () => number;
  #since = -Infinity;
  #left = 0;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  take(): boolean {
    const now = this.#elapsed();
    if (now - this.#since >= SPAN_MS) {
      this.#since = now;
      this.#left = LINES;
    }
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
