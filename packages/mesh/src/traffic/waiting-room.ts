import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { AtOnceRules } from './call-rules.ts';

interface Waiter {
  readonly go: () => void;
}

/**
 * Bounds how many calls of one service a process has under way, and how many more wait for a place: a service that hangs takes
 * so much of its callers' memory and connections, and no more.
 */
export class WaitingRoom {
  #rules: AtOnceRules | undefined;
  #underWay = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>();

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Undefined: no bound. */
  set rules(rules: AtOnceRules | undefined) {
    this.#rules = rules;
    this.#letIn();
  }

  /**
   * Takes a place, at once where there is one.
   *
   * @returns undefined where it was taken; else a wait for it. Whoever has a place calls {@link leave} once.
   * @throws ThemisError `THEMIS_TOO_MANY_CALLS`, also from the wait; the signal's reason
   */
  enter(service: TargetName, signal: AbortSignal | undefined): Promise<void> | undefined {
    const rules = this.#rules;
    if (rules === undefined || (this.#underWay < rules.calls && this.#waiting.size === 0)) {
      this.#underWay += 1;
      return undefined;
    }
    if (this.#waiting.size >= rules.waiting) {
      throw tooMany(`${this.#underWay} calls of ${service} are under way and ${this.#waiting.size} wait`);
    }
    return this.#wait(service, rules.waitMs, signal);
  }

  leave(): void {
    this.#underWay -= 1;
    this.#letIn();
  }

  #wait(service: TargetName, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#waiting.delete(waiter);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    const onAbort = (): void => {
      fail(signal?.reason);
    };
    const waiter: Waiter = {
      go: () => {
        end();
        this.#underWay += 1;
        resolve(undefined);
      },
    };
    const timer = setTimeout(() => {
      fail(tooMany(`no place for a call of ${service} within ${milliseconds} ms`));
    }, milliseconds);
    this.#waiting.add(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    return promise;
  }

  #letIn(): void {
    for (const waiter of this.#waiting) {
      if (this.#rules !== undefined && this.#underWay >= this.#rules.calls) return;
      waiter.go();
    }
  }
}

function tooMany(detail: string): ThemisError {
  return new ThemisError('THEMIS_TOO_MANY_CALLS', detail);
}
