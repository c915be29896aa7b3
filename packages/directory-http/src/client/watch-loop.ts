import {
  compareRecords,
  digestOf,
  showRecordKey,
  type RecordKey,
  type Refusal,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import { pause, type Clock } from '../clock.ts';
import { watchReplyShape, type WatchReply } from '../wire/answers.ts';
import { MOST_HAVE } from '../wire/limits.ts';
import { watchBody } from '../wire/requests.ts';
import { signerOf } from '../wire/signer.ts';
import type { KnownRecords } from './known-records.ts';
import { lied, NodeFault, type Questions } from './questions.ts';
import type { Worth } from './round.ts';

export interface WatchLoopOptions {
  readonly questions: Questions;
  readonly known: KnownRecords;
  readonly wanted: Watched;
  /** Asks what is there now: what it finds is then known. */
  readonly look: () => Promise<unknown>;
  readonly waitSeconds: number;
  readonly pollMs: number;
  readonly onRefused: (node: string, key: RecordKey, refusal: Refusal) => void;
  readonly clock: Clock;
  readonly chance: () => number;
  readonly ended: AbortSignal;
}

/** After a failure it waits for a random part of this; twice as much after each further one, up to the longest. Milliseconds. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 4000;

/** `not-here`: the nodes answer, but let nobody wait. */
type Outcome = 'answered' | 'not-here' | 'failed';

const NOT_WANTED = { is: 'refused', refusal: { code: 'record-key', detail: 'it was not asked for' } } as const;

/** Follows what is kept under a key: it waits at a node for what it has not seen; where none lets it, it asks at times. */
export class WatchLoop {
  readonly #options: WatchLoopOptions;
  /** What was told last, by key. */
  readonly #told = new Map<string, VerifiedRecord>();
  /** Digests of what nodes gave: it need not be given again. */
  readonly #have = new Set<string>();
  #failures = 0;
  /** Whether the node answered last time: only then is it waited at. */
  #isWell = false;

  constructor(options: WatchLoopOptions) {
    this.#options = options;
  }

  async *changes(): AsyncGenerator<SignedRecord, void, void> {
    const { ended, clock } = this.#options;
    while (!ended.aborted) {
      const wait = this.#isWell ? this.#options.waitSeconds * 1000 : 0;
      const begun = clock.now();
      const outcome = await this.#ask(wait);
      let hasNews = false;
      for (const record of this.#news()) {
        if (ended.aborted) return;
        hasNews = true;
        yield record;
      }
      // A node that does not wait, and has nothing to say, would be asked without end.
      const isHasty = outcome === 'answered' && !hasNews && clock.now() - begun < wait / 2;
      if (isHasty) this.#failures += 1;
      else if (outcome === 'answered') this.#failures = 0;
      if (outcome !== 'answered' || isHasty) await pause(clock, this.#waitAfter(outcome), ended);
    }
  }

  /** @param wait how long the node may wait. Milliseconds */
  async #ask(wait: number): Promise<Outcome> {
    const { questions, wanted, look, ended } = this.#options;
    const { good, failures } = await questions.ask<WatchReply, true>({
      question: 'watch',
      body: watchBody({ watched: wanted, have: [...this.#have], wait: wait / 1000 }),
      form: watchReplyShape,
      weigh: (reply, node) => this.#weigh(reply, node),
      enough: 1,
      signal: ended,
      waits: wait,
    });
    this.#isWell = good === true;
    if (this.#isWell || ended.aborted) return 'answered';
    if (failures.length > 0 && failures.every(isNotHere)) {
      await look();
      return 'not-here';
    }
    this.#failures += 1;
    return 'failed';
  }

  #weigh({ records, history }: WatchReply, node: string): Worth<true> {
    const { wanted, known, clock, onRefused } = this.#options;
    const signer = signerOf(wanted);
    if (signer !== undefined && history !== undefined) known.learn(signer, history, clock.now());
    let fault: Refusal | undefined;
    for (const record of records) {
      const standing = isWanted(wanted, record.key) ? known.judge(record, clock.now()) : NOT_WANTED;
      if (standing.is !== 'refused') this.#note(digestOf(record.bytes));
      else {
        fault = standing.refusal;
        onRefused(node, record.key, fault);
      }
    }
    // What is sound of it was learnt all the same.
    return fault === undefined ? { is: 'good', value: true } : { is: 'bad', why: lied(node, fault) };
  }

  /** What is newer than what was told. */
  *#news(): Generator<SignedRecord, void, void> {
    const { wanted, known } = this.#options;
    const there = wanted.kind === 'instances' ? known.instances(wanted.id) : [known.get(wanted)];
    const names = new Set<string>();
    for (const newest of there) {
      if (newest === undefined) continue;
      const { record } = newest;
      const name = showRecordKey(record.key);
      names.add(name);
      const before = this.#told.get(name);
      if (before !== undefined && compareRecords(before, record) !== 'newer') continue;
      this.#told.set(name, record);
      yield { key: record.key, bytes: new Uint8Array(record.bytes) };
    }
    for (const name of this.#told.keys()) if (!names.has(name)) this.#told.delete(name);
  }

  #note(digest: string): void {
    this.#have.delete(digest);
    this.#have.add(digest);
    const [oldest] = this.#have;
    if (this.#have.size > MOST_HAVE && oldest !== undefined) this.#have.delete(oldest);
  }

  /** With full jitter, so that those who lost one node do not come back to the next all at once. */
  #waitAfter(outcome: Outcome): number {
    const { pollMs, chance } = this.#options;
    if (outcome === 'not-here') return pollMs * (0.5 + chance() / 2);
    return chance() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#failures, 16));
  }
}

/** The node answers, but lets nobody wait, or no more of us. */
function isNotHere(failure: unknown): boolean {
  return failure instanceof NodeFault && (failure.fault === 'path-unknown' || failure.fault === 'too-many');
}

function isWanted(wanted: Watched, key: RecordKey): boolean {
  if (wanted.kind === 'instances') return key.kind === 'instance' && key.id === wanted.id;
  return showRecordKey(wanted) === showRecordKey(key);
}
