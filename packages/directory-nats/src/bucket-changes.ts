import { showRecordKey, type SignedRecord } from '@themis-mesh/core';
import type { ShelfNews } from '@themis-mesh/directory';
import type { KvEntry, KvWatchEntry } from '@nats-io/kv';
import type { QueuedIterator } from '@nats-io/transport-node';
import type { Link } from './link.ts';
import type { Place } from './places.ts';
import type { Session } from './session.ts';
import { pause, until } from './until.ts';

export interface BucketChangesOptions {
  readonly link: Link;
  readonly pattern: Place;
  /** What a change says, where it says something that matters. */
  readonly recordOf: (entry: KvEntry) => SignedRecord | undefined;
  /** How often to look without having been told. Milliseconds. */
  readonly rescanMs: number;
  readonly signal: AbortSignal;
}

/** A failure is looked after sooner than that nothing was told. Milliseconds. */
const RECOVERY_MS = 5000;
/** Before a server is followed again that would not let itself be. Milliseconds. */
const RETRY_MS = 1000;

/**
 * Comes once, and then with what changed in a bucket.
 *
 * A server is followed from the beginning each time that it is another one, or its bucket is: it says first what is there. So
 * what changed while nobody was connected comes with that, as the last of its key. Once in a while, and soon after a call
 * failed, all is looked at, for what was not told.
 */
export async function* bucketChanges(options: BucketChangesOptions): AsyncGenerator<ShelfNews, void, void> {
  const { link, rescanMs } = options;
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const news = new News();
  let failures = link.failures;
  let waited = 0;
  const step = Math.min(RECOVERY_MS, rescanMs);
  const rescan = setInterval(() => {
    waited += step;
    if (waited < rescanMs && failures === link.failures) return;
    waited = 0;
    failures = link.failures;
    news.look();
  }, step);
  const followed = follow(options, news, signal);
  try {
    while (await news.wait(signal)) yield news.take();
  } finally {
    clearInterval(rescan);
    ending.abort();
    await followed;
  }
}

/** Hands on what servers say, one after the other. */
async function follow({ link, pattern, recordOf }: BucketChangesOptions, news: News, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const session = await link.connected(signal);
      const ended = AbortSignal.any([signal, session.renewed]);
      const entries = await link.run((current, bound) => watchBucket(current, pattern, bound), { signal: ended });
      const stop = (): void => entries.stop();
      if (ended.aborted) stop();
      ended.addEventListener('abort', stop, { once: true });
      for await (const entry of entries) {
        const record = recordOf(entry);
        if (record !== undefined) news.tell(record);
      }
      if (ended.aborted) continue;
    } catch {
      // The link counts what failed, and so it is looked at all; this goes on to try.
    }
    await pause(RETRY_MS, signal).catch(() => {});
  }
}

async function watchBucket(session: Session, { bucket, key }: Place, bound: AbortSignal): Promise<QueuedIterator<KvWatchEntry>> {
  const entries = await (await session.bucket(bucket)).watch({ key });
  // Nobody waits for it any more.
  if (bound.aborted) entries.stop();
  return entries;
}

/** So many keys are remembered as changed; of more, all is looked at. */
const MOST_CHANGED = 2048;

/** What was told since it was last taken: of each key the last, so that a slow reader is told less, and not later. */
class News {
  readonly #records = new Map<string, SignedRecord>();
  #looks = true;
  #told: PromiseWithResolvers<void> = Promise.withResolvers();

  tell(record: SignedRecord): void {
    if (this.#looks) return this.#told.resolve();
    this.#records.set(showRecordKey(record.key), record);
    if (this.#records.size > MOST_CHANGED) this.look();
    this.#told.resolve();
  }

  look(): void {
    this.#records.clear();
    this.#looks = true;
    this.#told.resolve();
  }

  /** @returns false where the signal ends first */
  async wait(signal: AbortSignal): Promise<boolean> {
    if (this.#looks || this.#records.size > 0) return !signal.aborted;
    return until(this.#told.promise, signal).then(
      () => true,
      () => false,
    );
  }

  take(): ShelfNews {
    const records = [...this.#records.values()];
    const looks = this.#looks;
    this.#records.clear();
    this.#looks = false;
    this.#told = Promise.withResolvers();
    return looks ? undefined : records;
  }
}
