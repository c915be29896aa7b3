import {
  compareRecords,
  historyBytes,
  refuse,
  showRecordKey,
  type History,
  type IdentityId,
  type RecordContext,
  type RecordKey,
  type Refusal,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import { appOf, type RecordVerifier } from '@themis-mesh/directory';
import { signerOf } from '../wire/signer.ts';

export interface KnownOptions {
  /** The app whose records are believed. Undefined: those of any. */
  readonly app: IdentityId | undefined;
  /** The furthest history remembered of an identity. */
  readonly remembered: (id: IdentityId) => History | undefined;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly verifier: RecordVerifier;
}

/** The newest record that was seen under a key, and when a node said last that it is. */
export interface Known {
  readonly record: VerifiedRecord;
  /** Milliseconds since 1970. */
  readonly heardAt: number;
}

/** One that was verified at a time, in seconds since 1970, under a history of who signed it. */
interface Verified extends Known {
  readonly at: number;
  readonly under: History | undefined;
}

/** What a record that a node gave is worth. */
export type Standing =
  /** The newest seen. */
  | { readonly is: 'newest'; readonly known: Known }
  /** A newer one was seen before. */
  | { readonly is: 'behind'; readonly known: Known }
  | { readonly is: 'refused'; readonly refusal: Refusal };

/** How many records are known, at the most: then those that have ended are forgotten, and after them those heard longest ago. */
const MOST_KNOWN = 4096;

/** The newest sound record seen under each key. Nothing older is ever believed again, whichever node says it. */
export class KnownRecords {
  readonly #options: KnownOptions;
  readonly #verifier: RecordVerifier;
  readonly #known = new Map<string, Verified>();
  readonly #instances = new Map<IdentityId, Set<string>>();

  constructor(options: KnownOptions) {
    this.#options = options;
    this.#verifier = options.verifier;
  }

  /** The newest record under a key, as long as it is sound by what is known now. */
  get(key: RecordKey): Known | undefined {
    if (key.kind === 'history') this.#recall(key.id);
    return this.#sound(showRecordKey(key));
  }

  /** The newest records of a service's instances that have not ended. */
  instances(service: IdentityId): readonly Known[] {
    const names = this.#instances.get(service) ?? new Set<string>();
    return [...names].flatMap((name) => this.#sound(name) ?? []);
  }

  /** Believes a history that goes further than the one known; any other is passed over. */
  learn(id: IdentityId, bytes: Uint8Array, heardAt: number): void {
    this.judge({ key: { kind: 'history', id }, bytes }, heardAt);
  }

  judge({ key, bytes }: SignedRecord, heardAt: number): Standing {
    if (key.kind === 'history') this.#recall(key.id);
    // A copy: the bytes of the record itself may be in other hands.
    const verdict = this.#verifier.verify({ key, bytes: new Uint8Array(bytes) }, this.#context());
    if (!verdict.ok) return { is: 'refused', refusal: verdict.refusal };
    const record = verdict.value;
    const refusal = this.#refuseOther(record);
    if (refusal !== undefined) return { is: 'refused', refusal };
    const name = showRecordKey(key);
    const before = this.#sound(name);
    if (before === undefined) return { is: 'newest', known: this.#keep(name, { record, heardAt }) };
    switch (compareRecords(before.record, record)) {
      case 'newer':
        return { is: 'newest', known: this.#keep(name, { record, heardAt }) };
      case 'same':
        return { is: 'newest', known: this.#keep(name, { record: before.record, heardAt }) };
      case 'older':
        return { is: 'behind', known: before };
      case 'forks':
        return { is: 'refused', refusal: refuse('record-forked', name).refusal };
    }
  }

  /** What is remembered of an identity is the floor of what is believed of it, though no node has said it. */
  #recall(id: IdentityId): void {
    const remembered = this.#options.remembered(id);
    const body = this.#known.get(`history/${id}`)?.record.body;
    if (remembered === undefined || (body?.kind === 'history' && body.history.seq >= remembered.seq)) return;
    const key = { kind: 'history', id } as const;
    const verdict = this.#verifier.verify({ key, bytes: historyBytes(remembered) }, this.#context());
    if (verdict.ok) this.#keep(showRecordKey(key), { record: verdict.value, heardAt: 0 });
  }

  #sound(name: string): Known | undefined {
    const known = this.#known.get(name);
    if (known === undefined) return undefined;
    const { record, at, under } = known;
    const now = this.#options.now();
    // Its bytes are in no other hands: as long as nothing else has changed, nor has what they are worth.
    if (now >= at && now < record.expires && under === this.#signer(record.key)) return known;
    if (!this.#verifier.verify(record, this.#context()).ok) return undefined;
    return this.#mark(name, known);
  }

  #keep(name: string, known: Known): Known {
    this.#known.delete(name);
    this.#mark(name, known);
    const { key } = known.record;
    if (key.kind === 'instance') this.#instances.set(key.id, (this.#instances.get(key.id) ?? new Set<string>()).add(name));
    if (this.#known.size > MOST_KNOWN) this.#forget();
    return known;
  }

  #mark(name: string, { record, heardAt }: Known): Known {
    const verified = { record, heardAt, at: this.#options.now(), under: this.#signer(record.key) };
    this.#known.set(name, verified);
    return verified;
  }

  #signer(key: RecordKey): History | undefined {
    const signer = signerOf(key);
    return signer === undefined ? undefined : this.#history(signer);
  }

  #forget(): void {
    const now = this.#options.now();
    for (const [name, { record }] of this.#known) if (record.expires <= now) this.#drop(name, record.key);
    for (const [name, { record }] of this.#known) {
      if (this.#known.size <= MOST_KNOWN) return;
      this.#drop(name, record.key);
    }
  }

  #drop(name: string, key: RecordKey): void {
    this.#known.delete(name);
    const names = this.#instances.get(key.id);
    names?.delete(name);
    if (names?.size === 0) this.#instances.delete(key.id);
  }

  #refuseOther({ body }: VerifiedRecord): Refusal | undefined {
    const { app } = this.#options;
    const of = appOf(body);
    return app === undefined || of === undefined || of === app ? undefined : refuse('record-other-app', of).refusal;
  }

  #context(): RecordContext {
    return { history: this.#history, now: this.#options.now() };
  }

  readonly #history = (id: IdentityId): History | undefined => {
    const body = this.#known.get(`history/${id}`)?.record.body;
    const learnt = body?.kind === 'history' ? body.history : undefined;
    const remembered = this.#options.remembered(id);
    if (learnt === undefined || remembered === undefined) return learnt ?? remembered;
    return remembered.seq > learnt.seq ? remembered : learnt;
  };
}
