import type { Clock } from '@themis-mesh/channel';

/** Runs something again and again, each time after what the run before said. It never runs twice at a time. */
export class Repeat implements Disposable {
  readonly #clock: Clock;
  readonly #run: () => Promise<number>;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  /** @param run does it, and returns after how many milliseconds to do it again. It does not throw. */
  constructor(clock: Clock, run: () => Promise<number>) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Runs it now, and from now on. */
  async now(): Promise<void> {
    this.#callOff();
    const wait = await this.#run();
    if (this.#isClosed) return;
    this.#callOff();
    this.#callOff = this.#clock.after(wait, () => {
      void this.now();
    });
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#callOff();
  }
}
