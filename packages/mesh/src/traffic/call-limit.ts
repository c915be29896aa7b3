import { ThemisError, type TargetName } from '@themis-mesh/core';

/** Ends a call at its deadline, or when its caller ends it before. */
export class CallLimit {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onParent: () => void;
  readonly #timer: NodeJS.Timeout;

  /** @param left milliseconds until the deadline */
  constructor(service: TargetName, left: number, parent: AbortSignal | undefined) {
    this.#parent = parent;
    this.#onParent = () => {
      this.#end(parent?.reason);
    };
    this.#timer = setTimeout(() => {
      this.#end(passed(service));
    }, left);
    if (parent?.aborted === true) this.#onParent();
    else parent?.addEventListener('abort', this.#onParent, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The answer was read to its end, or there is none. */
  over(): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener('abort', this.#onParent);
  }

  /** The head of the answer is here: whether the rest of it is read is no reason for the process to go on. */
  answered(): void {
    this.#timer.unref();
  }

  #end(reason: unknown): void {
    this.over();
    this.#controller.abort(reason);
  }
}

export function passed(service: TargetName): ThemisError {
  return new ThemisError('THEMIS_DEADLINE_PASSED', `of a call of ${service}`);
}
