import {
  refuse,
  showRecordKey,
  type History,
  type IdentityId,
  type RecordContext,
  type RecordKey,
  type Refusal,
  type RefusalCode,
  type SignedRecord,
  type VerifiedRecord,
  VerifiedLeaves,
} from '@themis-mesh/core';
import { decideStore, type RecordJudge, type Watched } from '@themis-mesh/directory';
import type { ForkProof } from '@themis-mesh/storage';
import { NODE_LIMITS, type NodeLimits } from '../constants.ts';
import { placeOfRecord, signerOf, type Place } from '../place.ts';
import type { NodeRoster } from '../roster.ts';
import { HeldJudge } from './held-judge.ts';
import { HeldRecords, type Held } from './held-records.ts';

export interface RecordStoreOptions {
  /** Of the node that keeps them: where there is no room, what lies nearer stays. */
  readonly own: Place;
  /** The app whose records are kept. Undefined: of any. */
  readonly app?: IdentityId | undefined;
  readonly limits?: Partial<NodeLimits> | undefined;
  /** Histories known from elsewhere, such as the channel. */
  readonly remembered?: ((id: IdentityId) => History | undefined) | undefined;
  /** Hears of two records that contradict each other. The one held first stays. */
  readonly onFork?: ((proof: ForkProof) => void) | undefined;
  /** Hears of each record that is new here. */
  readonly onChange?: ((record: VerifiedRecord) => void) | undefined;
  /** Hears of each that is no more. */
  readonly onDrop?: ((key: RecordKey) => void) | undefined;
  readonly judge?: RecordJudge | undefined;
}

/** Who asks for a record to be kept, and when. */
export interface StoreSource {
  /** As the channel proved it. */
  readonly from: IdentityId;
  readonly roster: NodeRoster;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** Milliseconds of the monotonic clock. */
  readonly millis: number;
}

export type StoreOutcome =
  | { readonly outcome: 'stored' }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly held?: Uint8Array };

/** Leaves that are kept in mind, at some 4 KiB each. */
const MOST_LEAVES = 1_024;

/**
 * What a node keeps of the records of others. It verifies each before it replaces one, keeps what is newer, and has bounds for
 * everything; the bytes that it is given become its own.
 */
export class RecordStore {
  readonly #options: RecordStoreOptions;
  readonly #limits: NodeLimits;
  readonly #judge: RecordJudge;
  readonly #held = new HeldRecords();
  readonly #leaves = new VerifiedLeaves(MOST_LEAVES);

  constructor(options: RecordStoreOptions) {
    this.#options = options;
    this.#limits = { ...NODE_LIMITS, ...options.limits };
    this.#judge = options.judge ?? new HeldJudge();
  }

  get records(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#held.bytes;
  }

  store(record: SignedRecord, source: StoreSource): StoreOutcome {
    const stranger = this.#refuseStranger(record.key, source);
    if (stranger !== undefined) return { outcome: 'refused', refusal: stranger };
    const before = this.#held.find(record.key);
    const context = this.#contextOf(record.key, source.seconds);
    const situation = { held: before?.record, app: this.#options.app, context, verifier: this.#judge };
    const decision = decideStore(record, situation);
    switch (decision.outcome) {
      case 'unchanged':
        if (before !== undefined) before.stored = source.millis;
        return { outcome: 'unchanged' };
      case 'refused': {
        const { refusal, newer, fork } = decision;
        if (fork !== undefined) this.#options.onFork?.(fork);
        const held = newer?.bytes ?? fork?.first;
        return held === undefined ? { outcome: 'refused', refusal } : { outcome: 'refused', refusal, held };
      }
      case 'replace':
        return this.#put(decision.record, before, source);
    }
  }

  /** Somebody has said it again. @param millis of the monotonic clock */
  touch(key: RecordKey, millis: number): void {
    const held = this.#held.find(key);
    if (held !== undefined) held.stored = millis;
  }

  /** What lies under a key and is sound. */
  find(key: RecordKey, seconds: number): VerifiedRecord | undefined {
    const held = this.#held.find(key);
    return held === undefined ? undefined : this.#sound(held, seconds);
  }

  /** All instances of a service that have not ended. */
  instances(service: IdentityId, seconds: number): readonly VerifiedRecord[] {
    return [...this.#held.instancesOf(service)].flatMap((held) => this.#sound(held, seconds) ?? []);
  }

  /** What is held of what was asked for. */
  wanted(wanted: Watched, seconds: number): readonly VerifiedRecord[] {
    if (wanted.kind === 'instances') return this.instances(wanted.id, seconds);
    const found = this.find(wanted, seconds);
    return found === undefined ? [] : [found];
  }

  /** The furthest history known of an identity. */
  history(id: IdentityId, seconds: number): History | undefined {
    const remembered = this.#options.remembered?.(id);
    const held = this.#held.find({ kind: 'history', id });
    if (held === undefined) return remembered;
    const verdict = this.#judge.verify(held.record, { history: () => undefined, now: seconds });
    if (!verdict.ok || verdict.value.body.kind !== 'history') return remembered;
    const { history } = verdict.value.body;
    return remembered !== undefined && remembered.seq > history.seq ? remembered : history;
  }

  /** Every place at which something lies. */
  places(): Iterable<Place> {
    return this.#held.places();
  }

  /** What lies at a place and is sound; the history comes first, because the others are judged by it. */
  at(place: Place, seconds: number): readonly (Held & { readonly record: VerifiedRecord })[] {
    const sound = this.#held.at(place).flatMap((held) => {
      const record = this.#sound(held, seconds);
      return record === undefined ? [] : [{ ...held, record }];
    });
    const rank = (held: Held): number => (held.record.key.kind === 'history' ? 0 : 1);
    return sound.sort((a, b) => rank(a) - rank(b));
  }

  /** Drops what has ended, and what is of no member any more. */
  sweep(seconds: number, roster: NodeRoster): void {
    for (const held of [...this.#held.all()]) {
      const isGone = roster.standingOf(signerOf(held.record.key)) === 'removed';
      if (isGone || this.#sound(held, seconds) === undefined) this.#drop(held);
    }
  }

  /** Only what members sign has a place here. Who proved an identity on the channel may be newer than the charter held. */
  #refuseStranger(key: RecordKey, { from, roster }: StoreSource): Refusal | undefined {
    const signer = signerOf(key);
    const standing = roster.standingOf(signer);
    if (standing === 'removed') return refuse('member-removed', signer).refusal;
    return standing === 'unknown' && signer !== from ? refuse('member-unknown', signer).refusal : undefined;
  }

  #put(record: VerifiedRecord, before: Held | undefined, source: StoreSource): StoreOutcome {
    const refusal = this.#refuseQuota(record, before, source) ?? this.#makeRoom(record, before);
    if (refusal !== undefined) return { outcome: 'refused', refusal };
    if (before !== undefined) this.#held.remove(before);
    this.#held.add({ record, place: placeOfRecord(record.key), from: source.from, stored: source.millis });
    this.#options.onChange?.(record);
    return { outcome: 'stored' };
  }

  #refuseQuota({ key, bytes }: VerifiedRecord, before: Held | undefined, { from, seconds }: StoreSource): Refusal | undefined {
    if (before === undefined && key.kind === 'instance') {
      this.#dropEnded(key.id, seconds);
      const { instances } = this.#limits;
      if (this.#held.countInstances(key.id) >= instances)
        return quota('record-quota', `${instances} instances of ${key.id} are kept`);
    }
    if (signerOf(key) === from) return undefined;
    const own = this.#held.putBy(from);
    const again = before?.from === from ? before : undefined;
    if (own.records - (again === undefined ? 0 : 1) >= this.#limits.peerRecords) {
      return quota('node-peer-quota', `${own.records} records by ${from}`);
    }
    const sum = own.bytes - (again?.record.bytes.length ?? 0) + bytes.length;
    return sum > this.#limits.peerBytes ? quota('node-peer-quota', `${sum} bytes by ${from}`) : undefined;
  }

  /** Drops whole places, the farthest first, since records are worth nothing without their history. */
  #makeRoom(record: VerifiedRecord, before: Held | undefined): Refusal | undefined {
    const place = placeOfRecord(record.key);
    const needed = record.bytes.length - (before?.record.bytes.length ?? 0);
    while (this.#held.bytes + needed > this.#limits.totalBytes) {
      const farthest = this.#held.farthest(this.#options.own, place);
      if (farthest === undefined) return quota('node-full', `${this.#limits.totalBytes} bytes`);
      for (const held of [...this.#held.at(farthest)]) this.#drop(held);
    }
    return undefined;
  }

  #dropEnded(service: IdentityId, seconds: number): void {
    for (const held of [...this.#held.instancesOf(service)]) {
      if (held.record.expires <= seconds) this.#drop(held);
    }
  }

  #drop(held: Held): void {
    this.#held.remove(held);
    this.#options.onDrop?.(held.record.key);
  }

  #sound({ record }: Held, seconds: number): VerifiedRecord | undefined {
    const verdict = this.#judge.verify(record, this.#contextOf(record.key, seconds));
    return verdict.ok ? verdict.value : undefined;
  }

  #contextOf(key: RecordKey, seconds: number): RecordContext {
    const signer = signerOf(key);
    const isSigned = key.kind === 'head' || key.kind === 'service' || key.kind === 'instance';
    const history = isSigned ? this.history(signer, seconds) : undefined;
    return { history: (id) => (id === signer ? history : undefined), now: seconds, leaves: this.#leaves };
  }
}

function quota(code: RefusalCode, detail: string): Refusal {
  return refuse(code, detail).refusal;
}

/** A text that names what is watched, and nothing else. */
export function showWatched(wanted: Watched): string {
  return wanted.kind === 'instances' ? `instances/${wanted.id}` : showRecordKey(wanted);
}
