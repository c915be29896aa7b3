/** Lets so many go at a time for each key. Who finds no place sleeps, and is woken in order: by the end of another, or a word. */
export class Turns {
  readonly #most: number;
  readonly #going = new Map<string, number>();
  readonly #waiting = new Map<string, Set<Waiter>>();

  /** @param most how many may go at a time for one key */
  constructor(most: number) {
    this.#most = most;
  }

  hasPlace(key: string): boolean {
    return (this.#going.get(key) ?? 0) < this.#most;
  }

  /** Goes, also where there is no place left. @returns a function to call once at its end: the next may have a place then */
  begin(key: string): () => void {
    this.#going.set(key, (this.#going.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#going.get(key) ?? 1) - 1;
      if (left === 0) this.#going.delete(key);
      else this.#going.set(key, left);
      this.wake(key);
    };
  }

  /** Whether somebody sleeps for the key. */
  isAwaited(key: string): boolean {
    return this.#waiting.has(key);
  }

  /**
   * Sleeps until woken, which is no promise of a place: whoever wakes looks again, and sleeps again, or goes, or wakes the next.
   *
   * @throws the signal's reason; what all who sleep are failed with
   */
  sleep(key: string, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiters = this.#waiting.get(key) ?? new Set<Waiter>();
    this.#waiting.set(key, waiters);
    const leave = (): void => {
      signal?.removeEventListener('abort', onAbort);
      waiters.delete(waiter);
      if (waiters.size === 0) this.#waiting.delete(key);
    };
    const fail = (error: Error): void => {
      leave();
      reject(error);
    };
    const onAbort = (): void => fail(signal?.reason as Error);
    const waiter: Waiter = {
      go: () => {
        leave();
        resolve();
      },
      fail,
    };
    waiters.add(waiter);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    return promise;
  }

  /** Wakes whoever has slept longest. */
  wake(key: string): void {
    const [first] = this.#waiting.get(key) ?? [];
    first?.go();
  }

  /** Has all who sleep fail. */
  fail(key: string, error: Error): void {
    for (const waiter of [...(this.#waiting.get(key) ?? [])]) waiter.fail(error);
  }
}

interface Waiter {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}
