import type { Clock } from '@themis-mesh/channel';

/** Runs something again and again, each time after what the run before said. It never runs twice at a time. */
export class Repeat implements Disposable {
  readonly #clock: Clock;
  readonly #run: () => Promise<number>;
  #last: Promise<void> = Promise.resolve();
  #callOff: () => void = () => undefined;
  #isClosed = false;

  /** @param run does it, and returns after how many milliseconds to do it again. It does not throw. */
  constructor(clock: Clock, run: () => Promise<number>) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Runs it as soon as a run under way is over, and from then on. Resolves when it was run. */
  now(): Promise<void> {
    this.#callOff();
    this.#last = this.#last.then(() => this.#once());
    return this.#last;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#callOff();
  }

  async #once(): Promise<void> {
    if (this.#isClosed) return;
    const wait = await this.#run();
    this.#callOff();
    if (this.#isClosed) return;
    this.#callOff = this.#clock.after(wait, () => {
      void this.now();
    });
  }
}
