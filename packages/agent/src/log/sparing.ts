import type { Log, LogFields, LogLevel } from './log.ts';

/** How many lines of one kind are written in one span, and how long that is. */
const LINES = 10;
const SPAN_MS = 10_000;

interface Span {
  readonly since: number;
  lines: number;
  leftOut: number;
}

/**
 * Writes what strangers cause without letting them fill the disk: of each kind a few lines in each span of time; the first one
 * after it says how many were left out.
 */
export class SparingLog {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #spans = new Map<string, Span>();

  /** @param now milliseconds */
  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** @param kind one of a fixed set: each takes room for good */
  log(kind: string, level: LogLevel, message: string, fields: LogFields): void {
    const leftOut = this.#take(kind);
    if (leftOut !== undefined) this.#log.log(level, message, { ...fields, leftOut: leftOut > 0 ? leftOut : undefined });
  }

  /** @returns how many were left out before this one; undefined where it is left out itself */
  #take(kind: string): number | undefined {
    const now = this.#now();
    const held = this.#spans.get(kind);
    if (held === undefined || now - held.since >= SPAN_MS) {
      this.#spans.set(kind, { since: now, lines: 1, leftOut: 0 });
      return held?.leftOut ?? 0;
    }
    if (held.lines >= LINES) {
      held.leftOut += 1;
      return undefined;
    }
    held.lines += 1;
    return 0;
  }
}
