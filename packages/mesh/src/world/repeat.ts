import type { Clock } from '@themis-mesh/channel';
import { OneAtATime } from './one-at-a-time.ts';

/** Runs something again and again, each time after what the run before said. It never runs twice at a time. */
export class Repeat implements Disposable {
  readonly #clock: Clock;
  readonly #runs: OneAtATime<void>;
  readonly #run: () => Promise<number>;
  #callOff: () => void = () => undefined;
  #isClosed = false;

  /** @param run does it, and returns after how many milliseconds to do it again. It does not throw. */
  constructor(clock: Clock, run: () => Promise<number>) {
    this.#clock = clock;
    this.#run = run;
    this.#runs = new OneAtATime(() => this.#once());
  }

  /** Runs it as soon as a run under way is over, and from then on. Resolves when it was run; does nothing once closed. */
  now(): Promise<void> {
    return this.#runs.now();
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#callOff();
  }

  async #once(): Promise<void> {
    this.#callOff();
    if (this.#isClosed) return;
    const wait = await this.#run();
    if (this.#isClosed) return;
    this.#callOff = this.#clock.after(wait, () => {
      void this.now();
    });
  }
}
