import { ThemisError, type TargetName } from '@themis-mesh/core';

/** One try of a request. */
export interface Attempt {
  /** Ends the try, and whatever is still read of its answer. */
  readonly signal: AbortSignal | undefined;
  /** Fields that the request gets besides its own: names and values in turn. */
  readonly fields: readonly string[];
}

export const NO_FIELDS: readonly string[] = [];

/** A try that can be ended by itself: because it takes too long, or because another one was faster. */
export class BoundAttempt implements Attempt {
  readonly fields: readonly string[];
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onParent: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param milliseconds until the head of the answer; undefined for no limit */
  constructor(service: TargetName, parent: AbortSignal | undefined, fields: readonly string[], milliseconds: number | undefined) {
    this.fields = fields;
    this.#parent = parent;
    this.#onParent = () => {
      this.callOff(parent?.reason);
    };
    if (parent?.aborted === true) this.#onParent();
    else parent?.addEventListener('abort', this.#onParent, { once: true });
    if (milliseconds === undefined) return;
    this.#timer = setTimeout(() => {
      this.callOff(new ThemisError('THEMIS_TRY_TIMEOUT', `${service} did not answer within ${milliseconds} ms`));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  callOff(reason: unknown): void {
    this.end();
    this.#controller.abort(reason);
  }

  /** The head of the answer is here. */
  answered(): void {
    clearTimeout(this.#timer);
  }

  /** Nothing of it is under way any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener('abort', this.#onParent);
  }
}
