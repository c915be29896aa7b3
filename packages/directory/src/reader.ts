import {
  compareRecords,
  showRecordKey,
  verifyRecord,
  type AppState,
  type History,
  type IdentityId,
  type InstanceRecord,
  type RecordKey,
  type Refusal,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import type { CallOptions, Directory, Unavailable } from './port.ts';

export interface ReaderOptions {
  readonly directory: Directory;
  /** The furthest history remembered of an identity. */
  readonly remembered: (id: IdentityId) => History | undefined;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Hears of records that were not believed, and of forks. */
  readonly onRefused?: (key: RecordKey, refusal: Refusal) => void;
}

/** What was read, believed, and how fresh it is. */
export type Read<T> =
  /** `stale`: seen before, because the directory has nothing as new. */
  | { readonly outcome: 'found'; readonly value: T; readonly stale: boolean }
  | { readonly outcome: 'not-found' }
  | Unavailable;

/**
 * The side of a directory that believes nothing: it verifies every record itself, holds it against the key that it asked
 * for, and never returns an older one than it has returned before.
 */
export class DirectoryReader {
  readonly #options: ReaderOptions;
  /** The newest record seen under each key. */
  readonly #floors = new Map<string, VerifiedRecord>();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** An app's newest charter with its history. That it is the app pinned, and not behind, is for the caller to compare. */
  async app(id: IdentityId, options?: CallOptions): Promise<Read<AppState>> {
    const read = await this.#find({ kind: 'charter', id }, options);
    if (read.outcome !== 'found') return read;
    const { body } = read.value;
    return body.kind === 'charter' ? { ...read, value: body.app } : { outcome: 'not-found' };
  }

  /** The furthest history of an identity: remembered, or in the directory. */
  async history(id: IdentityId, options?: CallOptions): Promise<Read<History>> {
    const read = await this.#find({ kind: 'history', id }, options);
    if (read.outcome !== 'found') return read;
    const { body } = read.value;
    return body.kind === 'history' ? { ...read, value: body.history } : { outcome: 'not-found' };
  }

  /** The instances of a service that have not ended. Records that are not believed are left out. */
  async instances(service: IdentityId, options?: CallOptions): Promise<Read<readonly InstanceRecord[]>> {
    const answer = await this.#options.directory.instances(service, options);
    if (answer.outcome === 'unavailable') return answer;
    const history = await this.#historyFor(service, options);
    const records = answer.records.map((record) => this.#believe(record, record.key, history)).filter((record) => record !== undefined);
    const own = records.filter(({ key }) => key.id === service);
    return { outcome: 'found', value: own.map(({ body }) => instanceOf(body)).filter((claims) => claims !== undefined), stale: false };
  }

  async #find(key: RecordKey, options?: CallOptions): Promise<Read<VerifiedRecord>> {
    const answer = await this.#options.directory.find(key, options);
    if (answer.outcome === 'unavailable') return this.#floor(key) ?? answer;
    if (answer.outcome === 'not-found') return this.#floor(key) ?? answer;
    const believed = this.#believe(answer.record, key, undefined);
    return believed === undefined ? (this.#floor(key) ?? { outcome: 'not-found' }) : { outcome: 'found', value: believed, stale: false };
  }

  /** What was seen before, where the directory has nothing better. */
  #floor(key: RecordKey): Read<VerifiedRecord> | undefined {
    const value = this.#floors.get(showRecordKey(key));
    if (value === undefined || value.expires <= this.#options.now()) return undefined;
    return { outcome: 'found', value, stale: true };
  }

  /** @returns the record, or the newer one seen before; undefined where neither is good */
  #believe(record: SignedRecord, key: RecordKey, history: History | undefined): VerifiedRecord | undefined {
    const name = showRecordKey(key);
    const floor = this.#floors.get(name);
    const now = this.#options.now();
    const isKnown = floor !== undefined && Buffer.compare(floor.bytes, record.bytes) === 0;
    if (isKnown) return floor.expires > now ? floor : undefined;
    const verified = verifyRecord({ key, bytes: record.bytes }, { now, history: (id) => this.#furthest(id, history) });
    if (!verified.ok) {
      this.#options.onRefused?.(key, verified.refusal);
      return floor !== undefined && floor.expires > now ? floor : undefined;
    }
    return this.#advance(name, key, floor, verified.value);
  }

  #advance(name: string, key: RecordKey, floor: VerifiedRecord | undefined, next: VerifiedRecord): VerifiedRecord {
    const order = floor === undefined ? 'newer' : compareRecords(floor, next);
    if (order === 'forks') this.#options.onRefused?.(key, { code: 'record-forked', detail: name });
    if (floor !== undefined && order !== 'newer') return floor;
    this.#floors.set(name, next);
    this.#sweep();
    return next;
  }

  #furthest(id: IdentityId, found: History | undefined): History | undefined {
    const remembered = this.#options.remembered(id);
    if (found?.id !== id) return remembered;
    return remembered === undefined || found.seq > remembered.seq ? found : remembered;
  }

  async #historyFor(service: IdentityId, options?: CallOptions): Promise<History | undefined> {
    const read = await this.history(service, options);
    return read.outcome === 'found' ? read.value : undefined;
  }

  /** Instances come and go: what has ended is a floor no longer, because what is older has ended too. */
  #sweep(): void {
    if (this.#floors.size % 256 !== 0) return;
    const now = this.#options.now();
    for (const [name, { expires }] of this.#floors) if (expires <= now) this.#floors.delete(name);
  }
}

function instanceOf(body: VerifiedRecord['body']): InstanceRecord | undefined {
  return body.kind === 'instance' ? body.statement.claims : undefined;
}
