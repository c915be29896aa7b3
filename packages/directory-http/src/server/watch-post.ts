import { digestOf, INSTANCE_RECORD_SECONDS, showRecordKey, type SignedRecord } from '@themis-mesh/core';
import type { Directory, Watched } from '@themis-mesh/directory';
import type { Clock } from '../clock.ts';

/** How long a watch of the directory goes on when nobody waits any more: the next long poll is usually on its way. */
const LINGER_MS = 30_000;

/** After the first change there may be more: so long is waited for each record that is there, up to the last of these. */
const GATHER_MS = 1;
const MOST_GATHER_MS = 200;

interface Held {
  readonly record: SignedRecord;
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One watch of the directory behind a node, for all callers that wait for the same. */
export class WatchPost {
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();
  readonly #waiting = new Set<() => void>();
  readonly #ended = new AbortController();
  #callOffEnd: () => void = () => undefined;
  #isOver = false;

  /** @param onOver is called once, when it is of no use any more */
  constructor(directory: Directory, watched: Watched, clock: Clock, onOver: () => void) {
    this.#clock = clock;
    void this.#follow(directory, watched).finally(() => {
      this.#isOver = true;
      onOver();
      this.#tell();
    });
  }

  /** What is there besides what the caller has, as soon as there is something, or none of it after the time given. */
  async changes(have: ReadonlySet<string>, milliseconds: number, signal: AbortSignal): Promise<readonly SignedRecord[]> {
    this.#callOffEnd();
    const isNews = (): boolean => this.#newsTo(have).length > 0;
    await this.#until(isNews, milliseconds, signal);
    if (isNews() && milliseconds > 0) {
      await this.#until(() => false, Math.min(MOST_GATHER_MS, GATHER_MS * this.#held.size), signal);
    }
    return this.#newsTo(have).map(({ record }) => record);
  }

  end(): void {
    this.#callOffEnd();
    this.#ended.abort();
  }

  async #follow(directory: Directory, watched: Watched): Promise<void> {
    try {
      for await (const record of directory.watch(watched, this.#ended.signal)) {
        this.#held.set(showRecordKey(record.key), { record, digest: digestOf(record.bytes), at: this.#clock.now() });
        this.#tell();
      }
    } catch {
      // The directory was closed: those who wait are told nothing, and ask again.
    }
  }

  #newsTo(have: ReadonlySet<string>): readonly Held[] {
    const since = this.#clock.now() - INSTANCE_RECORD_SECONDS * 1000;
    for (const [name, { record, at }] of this.#held) {
      // It would have come again, had it not ended.
      if (record.key.kind === 'instance' && at < since) this.#held.delete(name);
    }
    return [...this.#held.values()].filter(({ digest }) => !have.has(digest));
  }

  #until(isMet: () => boolean, milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (isMet() || this.#isOver || signal.aborted) end();
      };
      const end = (): void => {
        callOff();
        this.#waiting.delete(look);
        signal.removeEventListener('abort', look);
        if (this.#waiting.size === 0) this.#endLater();
        resolve();
      };
      const callOff = this.#clock.after(milliseconds, end);
      signal.addEventListener('abort', look, { once: true });
      this.#waiting.add(look);
      look();
    });
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  #endLater(): void {
    this.#callOffEnd();
    this.#callOffEnd = this.#clock.after(LINGER_MS, () => {
      if (this.#waiting.size === 0) this.end();
    });
  }
}
