import { Counter } from '../metrics/instruments.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { atExit } from './at-exit.ts';
import type { AccessEntry } from './entry.ts';
import { accessLine, droppedLine } from './line.ts';
import type { LineSink } from './sink.ts';

/** Time, as an argument: the wall clock in milliseconds since 1970, and waits that keep no process alive. */
export interface LogClock {
  now(): number;
  after(milliseconds: number, run: () => void): () => void;
}

export interface AccessLogOptions {
  readonly sink: LineSink;
  readonly clock: LogClock;
  /** Whether paths are written with their queries. Default false: queries carry tokens. */
  readonly query?: boolean | undefined;
  /** How many signs of lines may wait to be written. Default {@link MOST_WAITING}. */
  readonly mostWaiting?: number | undefined;
  readonly metrics?: Metrics | undefined;
  /** Hears that it cannot be written, once until it can again. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

/** How many signs of lines may wait to be written: some 14,000 lines. What comes beyond is lost, and counted. */
export const MOST_WAITING = 4_194_304;

/** Lines are written together: when there are so many signs of them, or after so long. */
const BATCH = 65_536;
const BATCH_MS = 100;

/**
 * Writes a line for each request. Whoever logs never waits, and nothing is thrown: where the disk is slower than the requests,
 * or full, lines are lost, and it is said how many.
 */
export class AccessLog implements AsyncDisposable {
  readonly #options: AccessLogOptions;
  readonly #withQuery: boolean;
  readonly #most: number;
  readonly #written: Counter;
  readonly #lost: Counter;
  readonly #leave: () => void;
  #waiting = '';
  #lines = 0;
  /** Since the last line that said how many. */
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #callOff: (() => void) | undefined;
  #isInTrouble = false;
  #isClosed = false;

  constructor(options: AccessLogOptions) {
    const { metrics, query = false, mostWaiting = MOST_WAITING } = options;
    this.#options = options;
    this.#withQuery = query;
    this.#most = mostWaiting;
    this.#written = metrics?.counter('themis_access_log_lines_total', {}) ?? new Counter();
    this.#lost = metrics?.counter('themis_access_log_dropped_lines_total', {}) ?? new Counter();
    this.#leave = atExit(() => this.#writeLast());
  }

  /** Writes an entry soon. Does not throw. */
  record(entry: AccessEntry): void {
    if (this.#isClosed) return;
    try {
      this.#add(accessLine(entry, this.#options.clock.now(), this.#withQuery));
    } catch {
      // An entry that is not what it should be costs its own line.
      this.#drop(1);
    }
  }

  /** Counts lines that were not even made, such as those about floods of strangers. */
  drop(): void {
    this.#drop(1);
    this.#plan();
  }

  /** Writes what waits. Resolves when it is out, or lost. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#lines > 0 || this.#dropped > 0) {
      this.#writing ??= this.#write();
      await this.#writing;
      if (this.#isInTrouble) return;
    }
  }

  /** Begins a new file under the same name, after somebody moved the file before. @throws ThemisError; the one before stays */
  async reopen(): Promise<void> {
    await this.flush();
    const reopened = this.#options.sink.reopen();
    // What comes meanwhile waits for it.
    this.#writing = reopened.catch(() => undefined).then(() => this.#wrote());
    await reopened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#callOff?.();
    await this.flush();
    this.#leave();
    await this.#options.sink.close();
  }

  #add(line: string): void {
    if (this.#waiting.length + line.length > this.#most) {
      this.#drop(1);
      return;
    }
    this.#waiting += line;
    this.#lines += 1;
    this.#plan();
  }

  #plan(): void {
    if (this.#writing !== undefined) return;
    if (this.#waiting.length >= BATCH) this.#begin();
    else this.#callOff ??= this.#options.clock.after(BATCH_MS, () => this.#begin());
  }

  #begin(): void {
    this.#writing ??= this.#write();
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#lost.add(lines);
  }

  async #write(): Promise<void> {
    this.#callOff?.();
    this.#callOff = undefined;
    const { lines, text, dropped } = this.#take();
    try {
      await this.#options.sink.write(text);
      this.#written.add(lines);
      this.#isInTrouble = false;
    } catch (error) {
      this.#drop(lines);
      // Said already, and not heard.
      this.#dropped += dropped;
      if (!this.#isInTrouble) this.#options.onTrouble?.(error);
      this.#isInTrouble = true;
    }
    this.#wrote();
  }

  #wrote(): void {
    this.#writing = undefined;
    if (this.#lines > 0) this.#plan();
  }

  #take(): { readonly lines: number; readonly text: string; readonly dropped: number } {
    const [lines, dropped] = [this.#lines, this.#dropped];
    const text = dropped === 0 ? this.#waiting : droppedLine(dropped, this.#options.clock.now()) + this.#waiting;
    this.#waiting = '';
    this.#lines = 0;
    this.#dropped = 0;
    return { lines, text, dropped };
  }

  #writeLast(): void {
    if (this.#lines === 0 && this.#dropped === 0) return;
    this.#options.sink.writeNow(this.#take().text);
  }
}
