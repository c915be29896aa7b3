import {
  compareHistories,
  historyBytes,
  readHistory,
  refuse,
  type History,
  type IdentityId,
  type RecordContext,
  type SignedRecord,
  type Verdict,
  type VerifiedRecord,
  VerifiedLeaves,
} from '@themis-mesh/core';
import { appOf, RecordVerifier } from '@themis-mesh/directory';
import type { ForkProof } from '@themis-mesh/storage';
import { signerOf } from '../place.ts';

export interface ReadingOptions {
  /** The app whose records are believed. Undefined: those of any. */
  readonly app?: IdentityId | undefined;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Histories known from elsewhere: remembered, or kept by the node itself. */
  readonly remembered: (id: IdentityId) => History | undefined;
  readonly onFork: (proof: ForkProof) => void;
}

/** The most histories that are kept in mind; those not used for longest go first. */
const MOST_HISTORIES = 4_096;

/** Leaves that are kept in mind, at some 4 KiB each. */
const MOST_LEAVES = 1_024;

/** Believes what others say, or does not: with the furthest history that anybody has shown of each identity. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #verifier = new RecordVerifier();
  readonly #leaves = new VerifiedLeaves(MOST_LEAVES);
  readonly #histories = new Map<IdentityId, History>();

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  get now(): number {
    return this.#options.now();
  }

  /** The furthest history known of an identity. */
  history(id: IdentityId): History | undefined {
    const shown = this.#histories.get(id);
    const remembered = this.#options.remembered(id);
    if (shown === undefined || remembered === undefined) return shown ?? remembered;
    return remembered.seq > shown.seq ? remembered : shown;
  }

  /** How many events of it are known: what a GET says. */
  eventsKnown(id: IdentityId): number {
    const history = this.history(id);
    return history === undefined ? 0 : history.seq + 1;
  }

  /** Takes a history that somebody shows, where it is sound and goes further. @returns whether it did */
  takeHistory(id: IdentityId, bytes: Uint8Array): boolean {
    const read = readHistory(bytes);
    if (!read.ok || read.value.id !== id) return false;
    const known = this.history(id);
    if (known === undefined) return this.#keep(read.value);
    switch (compareHistories(known, read.value)) {
      case 'extends':
        return this.#keep(read.value);
      case 'forks':
        this.onFork({ kind: 'history', id, first: historyBytes(known), other: bytes });
        return false;
      default:
        return false;
    }
  }

  verify(record: SignedRecord): Verdict<VerifiedRecord> {
    const verdict = this.#verifier.verify(record, this.#contextOf(record));
    if (!verdict.ok) return verdict;
    const { app } = this.#options;
    const of = appOf(verdict.value.body);
    return app === undefined || of === undefined || of === app ? verdict : refuse('record-other-app', of);
  }

  believe(record: SignedRecord): VerifiedRecord | undefined {
    const verdict = this.verify(record);
    return verdict.ok ? verdict.value : undefined;
  }

  onFork(proof: ForkProof): void {
    this.#options.onFork(proof);
  }

  #keep(history: History): true {
    this.#histories.delete(history.id);
    this.#histories.set(history.id, history);
    const [oldest] = this.#histories.keys();
    if (this.#histories.size > MOST_HISTORIES && oldest !== undefined) this.#histories.delete(oldest);
    return true;
  }

  #contextOf({ key }: SignedRecord): RecordContext {
    const signer = signerOf(key);
    return { history: (id) => (id === signer ? this.history(id) : undefined), now: this.now, leaves: this.#leaves };
  }
}
