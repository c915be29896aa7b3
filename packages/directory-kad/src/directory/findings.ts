import { compareRecords, type RecordKey, type SignedRecord, type VerifiedRecord } from '@themis-mesh/core';
import { proofOf } from '@themis-mesh/directory';
import { KAD } from '../constants.ts';
import type { Answer } from '../messages/answer.ts';
import { showRecordKey } from '@themis-mesh/core';
import { signerOf } from '../place.ts';
import type { Reading } from './reading.ts';

/** What one node said of a key. */
interface Said {
  /** The path that it was asked over. */
  readonly path: number;
  /** Undefined: that it has none. */
  readonly record: SignedRecord | undefined;
}

/** What the nodes that were asked for one record say, put together. */
export class Findings {
  readonly #key: RecordKey;
  readonly #reading: Reading;
  readonly #agree: number;
  readonly #said = new Map<string, Said>();
  /** Who said what nobody can believe, or refused. */
  readonly #bad = new Set<string>();
  #best: VerifiedRecord | undefined;

  constructor(key: RecordKey, reading: Reading, agree: number = KAD.readAgree) {
    this.#key = key;
    this.#reading = reading;
    this.#agree = agree;
  }

  /** The newest that was said and can be believed. */
  get best(): VerifiedRecord | undefined {
    return this.#best;
  }

  /** How many have the newest. */
  get agreeing(): number {
    return this.#having().length;
  }

  /** Who was asked and does not have the newest. */
  get lacking(): readonly string[] {
    const having = new Set(this.#having());
    return [...this.#said.keys(), ...this.#bad].filter((name) => !having.has(name));
  }

  hasNone(name: string): boolean {
    const said = this.#said.get(name);
    return said !== undefined && said.record === undefined;
  }

  isBad(name: string): boolean {
    return this.#bad.has(name);
  }

  /**
   * @param path that it came over; the own store is none
   * @param paths how many there are
   * @param isNear whether what a node of that name says counts
   * @returns how many more should agree: of `agree`, over more than one path where there is one
   */
  take(name: string, answer: Answer, path: number, paths: number, isNear: (name: string) => boolean): number {
    if (answer.kind !== 'records') {
      this.#bad.add(name);
      return this.#missing(paths, isNear);
    }
    const isFurther = answer.history !== undefined && this.#reading.takeHistory(signerOf(this.#key), answer.history);
    const record = answer.records.find(({ key }) => showRecordKey(key) === showRecordKey(this.#key));
    this.#said.set(name, { path, record });
    // What was believed under the history before may not be under this one, and the other way round.
    if (isFurther) this.#mergeAll();
    else this.#merge(name, record);
    return this.#missing(paths, isNear);
  }

  #missing(paths: number, isNear: (name: string) => boolean): number {
    const having = this.#having().filter(isNear);
    const over = new Set(having.map((each) => this.#said.get(each)?.path));
    return Math.max(this.#agree - having.length, Math.min(2, paths) - over.size, 0);
  }

  #mergeAll(): void {
    this.#best = undefined;
    for (const [name, { record }] of [...this.#said]) this.#merge(name, record);
  }

  #merge(name: string, record: SignedRecord | undefined): void {
    if (record === undefined) return;
    const believed = this.#reading.believe(record);
    if (believed === undefined) {
      this.#bad.add(name);
      return;
    }
    this.#bad.delete(name);
    if (this.#best === undefined) this.#best = believed;
    else if (Buffer.compare(this.#best.bytes, believed.bytes) !== 0) this.#advance(this.#best, believed);
  }

  #advance(best: VerifiedRecord, next: VerifiedRecord): void {
    const order = compareRecords(best, next);
    if (order === 'newer') this.#best = next;
    if (order === 'forks') this.#reading.onFork(proofOf(best, next));
  }

  #having(): readonly string[] {
    const best = this.#best;
    if (best === undefined) return [];
    const isBest = ({ record }: Said): boolean => record !== undefined && Buffer.compare(record.bytes, best.bytes) === 0;
    return [...this.#said].flatMap(([name, said]) => (isBest(said) ? [name] : []));
  }
}
