import type { KadClock } from '@themis-mesh/directory-kad';

interface Event {
  readonly at: number;
  /** Of two events at one time, the one that was promised first comes first. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** When it begins: 2026-01-01. */
export const BEGIN_SECONDS = 1_767_225_600;

/** How many events are queued for one turn of the process's own loop, which costs more than an event. */
const TURN = 512;

/** Time that jumps from one event to the next. Between two of them all promises settle, so that each run is the same. */
export class EventClock implements KadClock {
  /** A binary heap, the next event first. */
  readonly #heap: Event[] = [];
  #now = 0;
  #order = 0;

  seconds(): number {
    return BEGIN_SECONDS + Math.floor(this.#now / 1000);
  }

  millis(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Lets so much time pass. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await this.#pump(() => (this.#heap[0]?.at ?? Infinity) > end);
    this.#now = end;
  }

  /** The promise, while time passes until it settles. @throws Error where nothing is left that could settle it */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => {
      isSettled = true;
    };
    promise.then(done, done);
    await this.#pump(() => isSettled || this.#heap.length === 0);
    if (!isSettled) throw new Error('nothing happens any more, and something is still awaited');
    return promise;
  }

  #pump(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let isDone = false;
      const step = (): void => {
        if (isDone) return;
        try {
          isDone = isOver();
          if (isDone) resolve();
          else this.#next();
        } catch (error) {
          isDone = true;
          reject(error instanceof Error ? error : new Error('an event failed'));
        }
      };
      const turn = (): void => {
        if (isDone) return;
        // Node.js settles promises between any two of these.
        for (let at = 0; at < TURN; at += 1) setImmediate(step);
        setImmediate(turn);
      };
      // What was promised before the pump began settles first.
      setImmediate(turn);
    });
  }

  #next(): void {
    const event = this.#pop();
    if (event?.run === undefined) return;
    this.#now = event.at;
    event.run();
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
