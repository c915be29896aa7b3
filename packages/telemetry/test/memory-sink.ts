import type { LineSink, LogClock } from '@themis-mesh/telemetry';

/** Keeps what is written, as soon as it is let. */
export class MemorySink implements LineSink {
  text = '';
  reopened = 0;
  isClosed = false;
  /** Thrown by the next writes. */
  failure: Error | undefined;
  #gate: Promise<void> = Promise.resolve();

  /** Holds all writes. @returns a function that lets them go on */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async write(lines: string): Promise<void> {
    await this.#gate;
    if (this.failure !== undefined) throw this.failure;
    this.text += lines;
  }

  writeNow(lines: string): void {
    this.text += lines;
  }

  async reopen(): Promise<void> {
    this.reopened += 1;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  get lines(): readonly Record<string, unknown>[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

/** A clock that stands, and whose waits never end: only full batches and `flush` write. */
export function stillClock(now: number): LogClock {
  return { now: () => now, after: () => () => undefined };
}
