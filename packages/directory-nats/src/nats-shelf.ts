import { MAX_RECORD_BYTES, type IdentityId, type RecordKey, type SignedRecord } from '@themis-mesh/core';
import type { CallOptions, Shelf, ShelfChange, ShelfList, ShelfNews, Watched } from '@themis-mesh/directory';
import type { KV, KvEntry } from '@nats-io/kv';
import { bucketChanges } from './bucket-changes.ts';
import type { Link } from './link.ts';
import { isConflict } from './nats-errors.ts';
import { instanceKeyOf, patternOf, placeOf } from './places.ts';

/** More are not read of one service, whatever somebody else wrote beside them. */
const MOST_LISTED = 2048;
/** How many are asked for at once. */
const ASKED_AT_ONCE = 256;

/** Keeps bytes in buckets of JetStream, each record replaced only where it is the one that was read. */
export class NatsShelf implements Shelf {
  readonly #link: Link;
  readonly #rescanMs: number;

  constructor(link: Link, rescanMs: number) {
    this.#link = link;
    this.#rescanMs = rescanMs;
  }

  async read(key: RecordKey, options?: CallOptions): Promise<Uint8Array | undefined> {
    const place = placeOf(key);
    return this.#link.run(async (session) => {
      const bucket = await session.bucket(place.bucket);
      return valueOf(await bucket.get(place.key));
    }, options);
  }

  async list(service: IdentityId, options?: CallOptions): Promise<ShelfList> {
    const place = patternOf({ kind: 'instances', id: service });
    return this.#link.run(async (session, bound) => {
      const bucket = await session.bucket(place.bucket);
      const names = await session.keys(place.bucket, place.key);
      const keys = names.flatMap((name) => instanceKeyOf(service, name) ?? []);
      const asked = keys.slice(0, MOST_LISTED);
      const records: SignedRecord[] = [];
      for (let from = 0; from < asked.length; from += ASKED_AT_ONCE) {
        bound.throwIfAborted();
        const some = asked.slice(from, from + ASKED_AT_ONCE);
        records.push(...(await Promise.all(some.map((key) => readRecord(bucket, key)))).flat());
      }
      return { records, unreadable: keys.length - asked.length };
    }, options);
  }

  async change(key: RecordKey, decide: (held: Uint8Array | undefined) => ShelfChange, options?: CallOptions): Promise<void> {
    const place = placeOf(key);
    await this.#link.run(async (session, bound) => {
      const bucket = await session.bucket(place.bucket);
      while (!(await changeOnce(bucket, place.key, decide))) bound.throwIfAborted();
    }, options);
  }

  async *changes(wanted: Watched, signal: AbortSignal): AsyncGenerator<ShelfNews, void, void> {
    const pattern = patternOf(wanted);
    const keyOf = (name: string): RecordKey | undefined => {
      if (wanted.kind === 'instances') return instanceKeyOf(wanted.id, name);
      return name === pattern.key ? wanted : undefined;
    };
    yield* bucketChanges({
      link: this.#link,
      pattern,
      recordOf: (entry) => recordOf(entry, keyOf(entry.key)),
      rescanMs: this.#rescanMs,
      signal,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]();
  }
}

/** @returns false where somebody else was faster: what is there now is another thing to decide about */
async function changeOnce(bucket: KV, key: string, decide: (held: Uint8Array | undefined) => ShelfChange): Promise<boolean> {
  const entry = await bucket.get(key);
  const change = decide(valueOf(entry));
  if (change === 'keep') return true;
  const previousSeq = entry?.revision ?? 0;
  try {
    if (change !== 'remove') requireRevision(await bucket.put(key, change, { previousSeq }));
    else if (previousSeq > 0) await bucket.delete(key, { previousSeq });
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** The client takes whatever a server answers for a number. */
function requireRevision(revision: unknown): void {
  if (!Number.isSafeInteger(revision)) throw new TypeError('what acknowledges a record is no acknowledgement');
}

async function readRecord(bucket: KV, key: RecordKey): Promise<readonly SignedRecord[]> {
  const bytes = valueOf(await bucket.get(placeOf(key).key));
  return bytes === undefined ? [] : [{ key, bytes }];
}

function recordOf(entry: KvEntry, key: RecordKey | undefined): SignedRecord | undefined {
  const bytes = valueOf(entry);
  if (key === undefined || bytes === undefined || bytes.length > MAX_RECORD_BYTES[key.kind]) return undefined;
  return { key, bytes };
}

/** @returns undefined where there is nothing, or a mark that something was removed */
function valueOf(entry: KvEntry | null): Uint8Array | undefined {
  return entry?.operation === 'PUT' ? entry.value : undefined;
}
