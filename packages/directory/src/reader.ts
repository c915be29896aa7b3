import {
  compareHistories,
  compareRecords,
  refuse,
  showRecordKey,
  ThemisError,
  type AppState,
  type Charter,
  type History,
  type IdentityId,
  type InstanceRecord,
  type RecordContext,
  type RecordKey,
  type Refusal,
  type ServiceName,
  type ServiceRecord,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import type { CallOptions, Directory, Unavailable } from './port.ts';
import type { RecordFloors } from './record-floors.ts';
import { RecordVerifier } from './record-verifier.ts';
import { appOf } from './store-rules.ts';

export interface ReaderOptions {
  readonly directory: Directory;
  /** The app whose charters, heads, services and instances are believed. Default: those of any. */
  readonly app?: IdentityId;
  /** The furthest history remembered of an identity. */
  readonly remembered: (id: IdentityId) => History | undefined;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** What was seen before this process was started. Default: nothing. */
  readonly floors?: RecordFloors;
  /** Hears of records that were not believed, and of forks. */
  readonly onRefused?: (key: RecordKey, refusal: Refusal) => void;
  /** Hears of a verified history that goes further than the one remembered, so that it can be. */
  readonly onHistory?: (history: History) => void;
  /** What remembers which records were verified. Default: one of its own. */
  readonly verifier?: RecordVerifier;
}

/** What was read, believed, and how fresh it is. */
export type Read<T> =
  /** `stale`: seen before, because the directory has nothing as new. */
  { readonly outcome: 'found'; readonly value: T; readonly stale: boolean } | { readonly outcome: 'not-found' } | Unavailable;

/**
 * The side of a directory that believes nothing: it verifies every record itself, holds it against the key that it asked
 * for, and never returns an older one than it has returned before.
 */
export class DirectoryReader {
  readonly #options: ReaderOptions;
  readonly #verifier: RecordVerifier;
  /** The newest record seen under each key. */
  readonly #floors = new Map<string, VerifiedRecord>();
  /** What was seen before this process was started, as far as it was asked for. */
  readonly #recalled = new Map<string, SignedRecord | undefined>();

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#verifier = options.verifier ?? new RecordVerifier();
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
    const remembered = this.#options.remembered(id);
    if (read.outcome !== 'found') return remembered === undefined ? read : { outcome: 'found', value: remembered, stale: true };
    const { body } = read.value;
    if (body.kind !== 'history') return { outcome: 'not-found' };
    const further = this.#further(remembered, body.history, read.stale);
    if (further.outcome === 'found' && further.value.seq > (remembered?.seq ?? -1)) this.#options.onHistory?.(further.value);
    return further;
  }

  /** What a service says of itself, for all its instances. */
  async service(id: IdentityId, options?: CallOptions): Promise<Read<ServiceRecord>> {
    // Who signs for it is told by its history, which must be known first.
    const history = await this.#historyFor(id, options);
    const read = await this.#find({ kind: 'service', id }, options, history);
    if (read.outcome !== 'found') return read;
    const { body } = read.value;
    return body.kind === 'service' ? { ...read, value: body.statement.claims } : { outcome: 'not-found' };
  }

  /** The instances of a service that have not ended. Records that are not believed are left out. */
  async instances(service: IdentityId, options?: CallOptions): Promise<Read<readonly InstanceRecord[]>> {
    const answer = await this.#options.directory.instances(service, options);
    if (answer.outcome === 'unavailable') return answer;
    const history = await this.#historyFor(service, options);
    const found = new Map<string, InstanceRecord>();
    for (const record of answer.records) {
      if (record.key.kind !== 'instance' || record.key.id !== service) continue;
      const body = this.#believe(record, record.key, history)?.body;
      if (body?.kind === 'instance') found.set(record.key.instance, body.statement.claims);
    }
    return { outcome: 'found', value: [...found.values()], stale: false };
  }

  /** What an instance's record says, where it is the newest seen: the very claims that {@link instances} returned of it. */
  seenInstance({ key, bytes }: SignedRecord): InstanceRecord | undefined {
    const floor = this.#floors.get(showRecordKey(key));
    if (floor?.body.kind !== 'instance' || Buffer.compare(floor.bytes, bytes) !== 0) return undefined;
    return floor.body.statement.claims;
  }

  /**
   * The instances of whoever holds a name in a charter; not found where nobody does. Left out are those that call themselves
   * something else, and all of them where the charter asks for a newer history than is known.
   */
  async instancesByName(name: ServiceName, charter: Charter, options?: CallOptions): Promise<Read<readonly InstanceRecord[]>> {
    const member = charter.memberByName(name);
    if (member === undefined || charter.removes(member.id)) return { outcome: 'not-found' };
    const read = await this.instances(member.id, options);
    if (read.outcome !== 'found') return read;
    const history = await this.#historyFor(member.id, options);
    const isBelieved = history?.holds(member.min) === true;
    return { ...read, value: isBelieved ? read.value.filter((instance) => instance.name === name) : [] };
  }

  async #find(key: RecordKey, options?: CallOptions, history?: History): Promise<Read<VerifiedRecord>> {
    const [answer, failure] = await Promise.all([this.#options.directory.find(key, options), this.#recall(key)]);
    if (failure !== undefined) return { outcome: 'unavailable', error: failure };
    if (answer.outcome === 'unavailable') return this.#fromFloor(key, history) ?? answer;
    if (answer.outcome === 'not-found') return this.#fromFloor(key, history) ?? { outcome: 'not-found' };
    const believed = this.#believe(answer.record, key, history);
    if (believed === undefined) return { outcome: 'not-found' };
    const isOffered = Buffer.compare(believed.bytes, answer.record.bytes) === 0;
    return { outcome: 'found', value: believed, stale: !isOffered };
  }

  /** What was seen before, where the directory has nothing better. */
  #fromFloor(key: RecordKey, history: History | undefined): Read<VerifiedRecord> | undefined {
    const value = this.#floorOf(key, history);
    return value === undefined ? undefined : { outcome: 'found', value, stale: true };
  }

  /** The newest record seen under a key, as long as it is good. */
  #floorOf(key: RecordKey, history: History | undefined): VerifiedRecord | undefined {
    const name = showRecordKey(key);
    const floor = this.#floors.get(name) ?? this.#recalled.get(name);
    if (floor === undefined) return undefined;
    const verdict = this.#verifier.verify(floor, this.#context(history));
    return verdict.ok && this.#refuseOther(verdict.value) === undefined ? verdict.value : undefined;
  }

  /** @returns why what was seen before cannot be read: nothing is believed then, because it may be older */
  async #recall(key: RecordKey): Promise<ThemisError | undefined> {
    const { floors } = this.#options;
    const name = showRecordKey(key);
    if (floors === undefined || this.#recalled.has(name)) return undefined;
    try {
      this.#recalled.set(name, await floors.load(key));
      return undefined;
    } catch (error) {
      if (ThemisError.is(error)) return error;
      throw error;
    }
  }

  /** @returns the record, or the newer one seen before; undefined where neither is good */
  #believe({ bytes }: SignedRecord, key: RecordKey, history: History | undefined): VerifiedRecord | undefined {
    const verdict = this.#verifier.verify({ key, bytes }, this.#context(history));
    const refusal = verdict.ok ? this.#refuseOther(verdict.value) : verdict.refusal;
    if (refusal !== undefined) this.#options.onRefused?.(key, refusal);
    const floor = this.#floorOf(key, history);
    if (!verdict.ok || refusal !== undefined) return floor;
    return floor === undefined ? this.#keep(verdict.value) : this.#advance(floor, verdict.value);
  }

  #refuseOther({ body }: VerifiedRecord): Refusal | undefined {
    const { app } = this.#options;
    const of = appOf(body);
    return app === undefined || of === undefined || of === app ? undefined : refuse('record-other-app', of).refusal;
  }

  #advance(floor: VerifiedRecord, next: VerifiedRecord): VerifiedRecord {
    const order = compareRecords(floor, next);
    if (order === 'forks') this.#options.onRefused?.(next.key, refuse('record-forked', showRecordKey(next.key)).refusal);
    return order === 'newer' ? this.#keep(next) : floor;
  }

  #keep(record: VerifiedRecord): VerifiedRecord {
    this.#floors.set(showRecordKey(record.key), record);
    this.#options.floors?.raise(record);
    this.#sweep();
    return record;
  }

  #context(found: History | undefined): RecordContext {
    const furthest = (id: IdentityId): History | undefined => {
      const remembered = this.#options.remembered(id);
      if (found?.id !== id) return remembered;
      return remembered === undefined || found.seq > remembered.seq ? found : remembered;
    };
    return { history: furthest, now: this.#options.now() };
  }

  #further(remembered: History | undefined, found: History, stale: boolean): Read<History> {
    if (remembered === undefined) return { outcome: 'found', value: found, stale };
    switch (compareHistories(remembered, found)) {
      case 'extends':
      case 'same':
        return { outcome: 'found', value: found, stale };
      case 'precedes':
        return { outcome: 'found', value: remembered, stale: true };
      case 'forks':
        this.#options.onRefused?.({ kind: 'history', id: found.id }, refuse('history-forked', found.id).refusal);
        return { outcome: 'found', value: remembered, stale: true };
    }
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
