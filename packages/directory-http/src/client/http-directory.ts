import {
  MAX_RECORD_BYTES,
  refuse,
  showRecordKey,
  ThemisError,
  type IdentityId,
  type RecordKey,
  type SignedRecord,
} from '@themis-mesh/core';
import type {
  CallOptions,
  Directory,
  FindAnswer,
  InstancesAnswer,
  Sample,
  StoreAnswer,
  Unavailable,
  Watched,
} from '@themis-mesh/directory';
import {
  findReplyShape,
  instancesReplyShape,
  storeReplyShape,
  type FindReply,
  type InstancesReply,
  type StoreReply,
} from '../wire/answers.ts';
import { findBody, instancesBody, storeBody } from '../wire/requests.ts';
import { KnownRecords, type Known } from './known-records.ts';
import { readHttpOptions, type HttpDirectoryOptions, type ResolvedHttpOptions } from './options.ts';
import { lied, noneOf, Questions } from './questions.ts';
import type { Worth } from './round.ts';
import { signerOf } from '../wire/signer.ts';
import { WatchLoop } from './watch-loop.ts';

/**
 * A directory that any of several nodes answers for: the light client.
 *
 * It believes no node. Each record is verified against the key that was asked for, nothing older than was seen before is ever
 * returned, and a node that gives anything else has another one asked. That something is not there, or not taken, two nodes
 * have to say where there are two.
 */
export class HttpDirectory implements Directory {
  readonly #options: ResolvedHttpOptions;
  readonly #questions: Questions;
  readonly #known: KnownRecords;
  /** When the list of a service's instances was heard last. Milliseconds since 1970. */
  readonly #listedAt = new Map<IdentityId, number>();
  /** What is asked for anew while it serves. */
  readonly #revalidating = new Set<string>();
  readonly #closing = new AbortController();

  /** @throws ThemisError `THEMIS_CONFIG_INVALID` */
  constructor(options: HttpDirectoryOptions) {
    this.#options = readHttpOptions(options);
    this.#questions = new Questions(this.#options);
    const { app, remembered, now, verifier } = this.#options;
    this.#known = new KnownRecords({ app, remembered, now, verifier });
  }

  async find(key: RecordKey, { signal }: CallOptions = {}): Promise<FindAnswer> {
    this.#requireOpen();
    const known = this.#known.get(key);
    const serves = this.#serves(known?.heardAt);
    if (known === undefined || serves === 'no') return this.#find(key, this.#until(signal));
    if (serves === 'stale') this.#revalidate(showRecordKey(key), (ended) => this.#find(key, ended));
    return this.#foundFrom(known, CACHED);
  }

  async instances(service: IdentityId, { signal }: CallOptions = {}): Promise<InstancesAnswer> {
    this.#requireOpen();
    const listedAt = this.#listedAt.get(service);
    const serves = this.#serves(listedAt);
    if (listedAt === undefined || serves === 'no') return this.#instances(service, this.#until(signal));
    if (serves === 'stale') this.#revalidate(`instances/${service}`, (ended) => this.#instances(service, ended));
    return this.#list(service, { complete: true, age: this.#ageOf(listedAt), sample: CACHED });
  }

  async store(record: SignedRecord, { signal }: CallOptions = {}): Promise<StoreAnswer> {
    this.#requireOpen();
    const { key } = record;
    const bytes = new Uint8Array(record.bytes);
    const most = MAX_RECORD_BYTES[key.kind];
    if (bytes.length > most) {
      const { refusal } = refuse('statement-too-large', `${bytes.length} bytes, a ${key.kind} record has at most ${most}`);
      return { outcome: 'refused', refusal };
    }
    const ended = this.#until(signal);
    const { good, doubtful, failures } = await this.#questions.ask<StoreReply, StoreAnswer>({
      question: 'store',
      body: storeBody({ key, bytes }),
      form: storeReplyShape,
      weigh: (reply) => this.#weighStored({ key, bytes }, reply),
      enough: this.#questions.doubts,
      signal: ended,
    });
    return good ?? doubtful[0] ?? this.#unavailable(failures, ended);
  }

  async *watch(wanted: Watched, signal: AbortSignal): AsyncGenerator<SignedRecord, void, void> {
    this.#requireOpen();
    const ended = this.#until(signal);
    const look = async (): Promise<unknown> =>
      wanted.kind === 'instances' ? this.#instances(wanted.id, ended) : this.#find(wanted, ended);
    const loop = new WatchLoop({ ...this.#options, questions: this.#questions, known: this.#known, wanted, look, ended });
    yield* loop.changes();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #find(key: RecordKey, ended: AbortSignal): Promise<FindAnswer> {
    const { good, doubtful, asked, failures } = await this.#questions.ask<FindReply, FindAnswer>({
      question: 'find',
      body: findBody(key),
      form: findReplyShape,
      weigh: (reply, node) => this.#weighFound(key, reply, node),
      enough: this.#questions.doubts,
      signal: ended,
    });
    if (good !== undefined) return good;
    if (doubtful.length === 0) return this.#unavailable(failures, ended);
    const sample = { answered: doubtful.length, of: asked };
    // A newer one was seen than any of them has: that one it is, as old as it is.
    const known = this.#known.get(key);
    return known === undefined ? { outcome: 'not-found', sample } : this.#foundFrom(known, sample);
  }

  async #instances(service: IdentityId, ended: AbortSignal): Promise<InstancesAnswer> {
    const { good, doubtful, failures } = await this.#questions.ask<InstancesReply, Listed>({
      question: 'instances',
      body: instancesBody(service),
      form: instancesReplyShape,
      weigh: (reply, node) => this.#weighListed(service, reply, node),
      enough: this.#questions.doubts,
      signal: ended,
    });
    const listed = good ?? doubtful[0];
    return listed === undefined ? this.#unavailable(failures, ended) : this.#list(service, listed);
  }

  #weighFound(key: RecordKey, reply: FindReply, node: string): Worth<FindAnswer> {
    if (reply.outcome === 'not-found') return { is: 'doubtful', value: { outcome: 'not-found', sample: reply.sample } };
    const heardAt = this.#options.clock.now() - reply.age * 1000;
    this.#learnSigner(key, reply.history, heardAt);
    const standing = this.#known.judge({ key, bytes: reply.record }, heardAt);
    switch (standing.is) {
      case 'newest':
        return { is: 'good', value: this.#foundFrom(standing.known, reply.sample, reply.age) };
      case 'behind':
        return { is: 'doubtful', value: this.#foundFrom(standing.known, reply.sample) };
      case 'refused':
        this.#options.onRefused(node, key, standing.refusal);
        return { is: 'bad', why: lied(node, standing.refusal) };
    }
  }

  #weighListed(service: IdentityId, reply: InstancesReply, node: string): Worth<Listed> {
    const heardAt = this.#options.clock.now() - reply.age * 1000;
    this.#learnSigner({ kind: 'instances', id: service }, reply.history, heardAt);
    let fault: Worth<Listed> | undefined;
    for (const record of reply.records) {
      const { key } = record;
      const standing = this.#judgeInstance(service, record, heardAt);
      if (standing.is !== 'refused') continue;
      this.#options.onRefused(node, key, standing.refusal);
      fault = { is: 'bad', why: lied(node, standing.refusal) };
    }
    // What is sound of it was learnt all the same.
    if (fault !== undefined) return fault;
    const { complete, age, sample } = reply;
    const listed = { complete, age, sample };
    if (!complete) return { is: 'doubtful', value: listed };
    this.#noteListed(service, heardAt);
    return { is: 'good', value: listed };
  }

  #judgeInstance(service: IdentityId, record: SignedRecord, heardAt: number): ReturnType<KnownRecords['judge']> {
    const { key } = record;
    if (key.kind === 'instance' && key.id === service) return this.#known.judge(record, heardAt);
    return { is: 'refused', refusal: refuse('record-key', `${showRecordKey(key)} among the instances of ${service}`).refusal };
  }

  #weighStored(record: SignedRecord, reply: StoreReply): Worth<StoreAnswer> {
    const { clock } = this.#options;
    const { outcome } = reply;
    if (outcome !== 'refused') {
      // Who reads next through this very client finds what it stored, or a newer one.
      this.#known.judge(record, clock.now());
      return { is: 'good', value: { outcome, sample: reply.sample } };
    }
    const { refusal, newer } = reply;
    const { key } = record;
    this.#learnSigner(key, reply.history, clock.now());
    const known = newer === undefined ? undefined : this.#known.judge({ key, bytes: newer }, clock.now());
    if (known === undefined || known.is === 'refused') return { is: 'doubtful', value: { outcome, refusal } };
    return { is: 'good', value: { outcome, refusal, newer: copyOf(known.known.record) } };
  }

  #learnSigner(watched: Watched, history: Uint8Array | undefined, heardAt: number): void {
    const signer = signerOf(watched);
    if (history !== undefined && signer !== undefined) this.#known.learn(signer, history, heardAt);
  }

  #list(service: IdentityId, listed: Listed): InstancesAnswer {
    const records = this.#known.instances(service).map(({ record }) => copyOf(record));
    return { outcome: 'found', records, ...listed };
  }

  #foundFrom({ record, heardAt }: Known, sample: Sample, age: number = this.#ageOf(heardAt)): FindAnswer {
    return { outcome: 'found', record: copyOf(record), age, sample };
  }

  #noteListed(service: IdentityId, heardAt: number): void {
    this.#listedAt.delete(service);
    this.#listedAt.set(service, heardAt);
    const [oldest] = this.#listedAt.keys();
    if (this.#listedAt.size > MOST_LISTED && oldest !== undefined) this.#listedAt.delete(oldest);
  }

  /** Whether what was heard at a time serves without a question; `stale`, while it is asked for anew. */
  #serves(heardAt: number | undefined): 'fresh' | 'stale' | 'no' {
    const { clock, freshMs, staleMs } = this.#options;
    if (heardAt === undefined || freshMs + staleMs === 0) return 'no';
    const age = clock.now() - heardAt;
    if (age < 0 || age >= freshMs + staleMs) return 'no';
    return age < freshMs ? 'fresh' : 'stale';
  }

  /** Asks while what is known serves. Nobody waits for it: what it finds serves the next one. */
  #revalidate(name: string, ask: (ended: AbortSignal) => Promise<unknown>): void {
    if (this.#revalidating.has(name)) return;
    this.#revalidating.add(name);
    const over = (): void => void this.#revalidating.delete(name);
    ask(this.#closing.signal).then(over, over);
  }

  /** Seconds. */
  #ageOf(heardAt: number): number {
    return Math.max(0, (this.#options.clock.now() - heardAt) / 1000);
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  #unavailable(failures: readonly ThemisError[], ended: AbortSignal): Unavailable {
    return { outcome: 'unavailable', error: noneOf(failures, ended) };
  }

  #requireOpen(): void {
    if (this.#closing.signal.aborted) throw new ThemisError('THEMIS_CLOSED', 'the directory');
  }
}

interface Listed {
  readonly complete: boolean;
  /** Seconds. */
  readonly age: number;
  readonly sample: Sample;
}

/** Nobody was asked now. */
const CACHED: Sample = Object.freeze({ answered: 0, of: 0 });

const MOST_LISTED = 1024;

/** What leaves the directory is bytes of its own: whoever gets them may do with them what it likes. */
function copyOf({ key, bytes }: SignedRecord): SignedRecord {
  return { key, bytes: new Uint8Array(bytes) };
}
