import type { Clock } from '../clock.ts';
import type { Pings } from './pings.ts';

/** How long streams are taken after it was said that no more shall be begun. */
const MOST_MS = 1000;

/**
 * The time between the word that no more streams shall be begun, and the end of taking them. What was begun before that word was
 * heard is on its way; some of it could not be sent again. It is all here when a ping is answered that was sent behind the word.
 */
export class LastCall {
  readonly #callOff: () => void;
  readonly #onOver: () => void;
  #isOver = false;

  constructor(clock: Clock, pings: Pings, onOver: () => void) {
    this.#onOver = onOver;
    this.#callOff = clock.after(MOST_MS, () => this.#end());
    void pings.send().then(() => this.#end());
  }

  callOff(): void {
    this.#isOver = true;
    this.#callOff();
  }

  #end(): void {
    if (this.#isOver) return;
    this.callOff();
    this.#onOver();
  }
}
