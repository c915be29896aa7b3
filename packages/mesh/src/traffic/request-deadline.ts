import { AsyncLocalStorage } from 'node:async_hooks';
import { ThemisError } from '@themis-mesh/core';

/** Until when the caller of a request waits for its answer. */
export class RequestDeadline {
  /** Milliseconds, as `performance.now()` tells them. */
  readonly at: number;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #state: 'served' | 'answered' | 'gone' = 'served';

  constructor(at: number) {
    this.at = at;
  }

  /** How much is left. Milliseconds, never less than 0. */
  get left(): number {
    return Math.max(0, this.at - performance.now());
  }

  /** Aborts when nobody waits any more, with a ThemisError `THEMIS_DEADLINE_PASSED`. There is a timer only for who asks. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#state === 'gone' || this.left === 0) this.#abort();
    else if (this.#state === 'served') {
      this.#timer = setTimeout(() => {
        this.#abort();
      }, this.left);
      this.#timer.unref();
    }
    return controller.signal;
  }

  /** The way back has ended. @param isAnswered whether the answer was sent to its end; where not, the caller has gone */
  over(isAnswered: boolean): void {
    this.#state = isAnswered ? 'answered' : 'gone';
    clearTimeout(this.#timer);
    if (!isAnswered) this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new ThemisError('THEMIS_DEADLINE_PASSED', 'nobody waits for the answer any more'));
  }
}

const served = new AsyncLocalStorage<RequestDeadline>();

/** Nobody pays for the look before the first request that has a deadline. */
let isUsed = false;

/** Runs a handler so that the calls that it makes end with the request that it serves. */
export function serveBy<T>(deadline: RequestDeadline, run: () => T): T {
  isUsed = true;
  return served.run(deadline, run);
}

/** The deadline of the request that is being served where this is called. */
export function servedDeadline(): RequestDeadline | undefined {
  return isUsed ? served.getStore() : undefined;
}
