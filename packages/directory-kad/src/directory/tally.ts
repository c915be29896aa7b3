import { compareRecords, type Refusal, type VerifiedRecord } from '@themis-mesh/core';
import { proofOf } from '@themis-mesh/directory';
import { KAD } from '../constants.ts';
import type { Answer } from '../messages/answer.ts';
import type { Reading } from './reading.ts';

/** How many of so many storers have to acknowledge a record. */
export function acksNeeded(of: number): number {
  return Math.max(1, Math.ceil((of * KAD.writeAcks) / KAD.replicas));
}

/** What the storers of a record say to it. */
export class Tally {
  readonly of: number;
  readonly #record: VerifiedRecord;
  readonly #reading: Reading;
  readonly #refusals: Refusal[] = [];
  #stored = 0;
  #unchanged = 0;
  #failed = 0;
  #proven: { readonly refusal: Refusal; readonly newer?: VerifiedRecord } | undefined;

  constructor(record: VerifiedRecord, of: number, reading: Reading) {
    this.of = of;
    this.#record = record;
    this.#reading = reading;
  }

  get acks(): number {
    return this.#stored + this.#unchanged;
  }

  get hasEnough(): boolean {
    return this.acks >= acksNeeded(this.of);
  }

  /** Whether enough said that they have it already. */
  get isUnchanged(): boolean {
    return this.#unchanged >= acksNeeded(this.of);
  }

  /** Whether somebody took it who did not have it. */
  get isNew(): boolean {
    return this.#stored > 0;
  }

  get hasFailures(): boolean {
    return this.#failed > 0;
  }

  /** Why it is not kept, shown by a record that is newer or contradicts it: one honest storer is enough. */
  get proven(): { readonly refusal: Refusal; readonly newer?: VerifiedRecord } | undefined {
    return this.#proven;
  }

  /** Why too many refuse it for enough to take it. */
  get refusal(): Refusal | undefined {
    return this.#refusals.length > this.of - acksNeeded(this.of) ? this.#refusals[0] : undefined;
  }

  get isDecided(): boolean {
    const all = this.acks + this.#refusals.length + this.#failed;
    return this.hasEnough || this.#proven !== undefined || all >= this.of;
  }

  take(answer: Answer): void {
    switch (answer.kind) {
      case 'stored':
        if (answer.unchanged) this.#unchanged += 1;
        else this.#stored += 1;
        break;
      case 'refused':
        this.#refusals.push(answer.refusal);
        if (answer.held !== undefined) this.#prove(answer.refusal, answer.held);
        break;
      default:
        this.#failed += 1;
    }
  }

  fail(): void {
    this.#failed += 1;
  }

  /** Only what can be believed is a reason: a storer that makes one up has refused, and no more. */
  #prove(refusal: Refusal, bytes: Uint8Array): void {
    const held = this.#reading.believe({ key: this.#record.key, bytes });
    if (held === undefined) return;
    switch (compareRecords(held, this.#record)) {
      case 'older':
        this.#proven = { refusal, newer: held };
        break;
      case 'forks':
        if (this.#proven === undefined) this.#reading.onFork(proofOf(held, this.#record));
        this.#proven ??= { refusal };
        break;
      default:
        break;
    }
  }
}
