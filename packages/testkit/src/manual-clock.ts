import type { Clock } from '@themis-mesh/channel';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic = 0;
  readonly #timers = new Set<Timer>();

  /** @param now the wall clock's time to begin with, in milliseconds since 1970; by default the time of the test run */
  constructor(now: number = Date.now()) {
    this.#wall = now;
  }

  now(): number {
    return this.#wall;
  }

  /** What statements and certificates are dated with. Seconds since 1970. */
  get seconds(): number {
    return Math.floor(this.#wall / 1000);
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#monotonic + Math.max(0, milliseconds), run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Lets time pass, and fires what falls due in the order of its time, also what was set meanwhile. */
  advance(milliseconds: number): void {
    const end = this.#monotonic + milliseconds;
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#timers.delete(due);
      this.#pass(due.at - this.#monotonic);
      due.run();
    }
    this.#pass(end - this.#monotonic);
  }

  /** Sets the wall clock to another time, as an administrator or NTP does: no timer fires for that. */
  set(now: number): void {
    this.#wall = now;
  }

  #pass(milliseconds: number): void {
    this.#monotonic += milliseconds;
    this.#wall += milliseconds;
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }
}

/** The same time, seen by somebody whose wall clock is wrong. @param ahead milliseconds; negative for one that is behind */
export function skewed(clock: Clock, ahead: number): Clock {
  return { now: () => clock.now() + ahead, after: (milliseconds, run) => clock.after(milliseconds, run) };
}
