import {
  compareRecords,
  refuse,
  showRecordKey,
  ThemisError,
  type History,
  type IdentityId,
  type RecordContext,
  type RecordKey,
  type RefusalCode,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import type { ForkProof } from '@themis-mesh/storage';
import {
  SOLE,
  type CallOptions,
  type Directory,
  type FindAnswer,
  type InstancesAnswer,
  type StoreAnswer,
  type Unavailable,
  type Watched,
} from './port.ts';
import { RecordVerifier } from './record-verifier.ts';
import type { Shelf, ShelfNews } from './shelf.ts';
import { decideStore, type StoreDecision } from './store-rules.ts';

export interface EmbeddedOptions {
  /** The app whose directory this is: charters, heads, services and instances of others are refused. Default: of any. */
  readonly app?: IdentityId | undefined;
  /** Seconds since 1970. Default: the clock of the system. */
  readonly now?: () => number;
  /** Hears of two records that contradict each other. The one held first stays. */
  readonly onFork?: (proof: ForkProof) => void | Promise<void>;
  /** The most instances of one service that are kept. Default 1024. */
  readonly maxInstances?: number;
  /** What a reader in the same process uses as well, so that no record is verified twice. Default: one of its own. */
  readonly verifier?: RecordVerifier;
}

export const MAX_INSTANCES = 1024;

/** How long after its end an instance's record is removed, in seconds: the clocks of two processes may differ by that. */
const SWEEP_AFTER_SECONDS = 60;

/** Why a record held is sound no more, as opposed to damaged: to whoever asks it is not there. */
const ENDED: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'record-expired',
  'leaf-expired',
  'history-superseded',
  'history-retired',
  'history-unknown',
]);

/** A directory that runs in the processes that use it: the contract on top of a {@link Shelf}, wherever that keeps bytes. */
export class EmbeddedDirectory implements Directory {
  readonly #shelf: Shelf;
  readonly #app: IdentityId | undefined;
  readonly #now: () => number;
  readonly #onFork: (proof: ForkProof) => void | Promise<void>;
  readonly #maxInstances: number;
  readonly #verifier: RecordVerifier;
  readonly #closing = new AbortController();

  constructor(shelf: Shelf, options: EmbeddedOptions = {}) {
    const {
      app,
      now = systemSeconds,
      onFork = () => {},
      maxInstances = MAX_INSTANCES,
      verifier = new RecordVerifier(),
    } = options;
    this.#shelf = shelf;
    this.#verifier = verifier;
    this.#app = app;
    this.#now = now;
    this.#onFork = onFork;
    this.#maxInstances = maxInstances;
  }

  store(record: SignedRecord, options: CallOptions = {}): Promise<StoreAnswer> {
    return this.#answer(() => this.#store(record, options), options);
  }

  find(key: RecordKey, options: CallOptions = {}): Promise<FindAnswer> {
    return this.#answer(() => this.#find(key, options), options);
  }

  instances(service: IdentityId, options: CallOptions = {}): Promise<InstancesAnswer> {
    return this.#answer(() => this.#instances(service, options), options);
  }

  async *watch(wanted: Watched, signal: AbortSignal): AsyncGenerator<SignedRecord, void, void> {
    this.#requireOpen();
    const last = new Map<string, VerifiedRecord>();
    for await (const news of this.#shelf.changes(wanted, AbortSignal.any([signal, this.#closing.signal]))) {
      for (const record of await this.#look(wanted, news)) {
        const before = last.get(showRecordKey(record.key));
        if (before !== undefined && compareRecords(before, record) !== 'newer') continue;
        last.set(showRecordKey(record.key), record);
        yield unverified(record);
      }
      this.#forgetEnded(last);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#shelf[Symbol.asyncDispose]?.();
  }

  async #store(record: SignedRecord, options: CallOptions): Promise<StoreAnswer> {
    const { key } = record;
    const situation = { app: this.#app, context: await this.#contextOf(key, options), verifier: this.#verifier };
    // What is not sound by itself makes no folder, takes no lock and reads nothing.
    const alone = decideStore(record, { ...situation, held: undefined });
    if (alone.outcome === 'refused') return this.#answerTo(alone);
    if (key.kind === 'instance' && (await this.#isFull(key, options))) return refusedFor(key, this.#maxInstances);
    let decision: StoreDecision = alone;
    await this.#shelf.change(
      key,
      (bytes) => {
        decision = decideStore(record, { ...situation, held: bytes === undefined ? undefined : { key, bytes } });
        return decision.outcome === 'replace' ? decision.record.bytes : 'keep';
      },
      options,
    );
    return this.#answerTo(decision);
  }

  async #answerTo(decision: StoreDecision): Promise<StoreAnswer> {
    switch (decision.outcome) {
      case 'replace':
        return { outcome: 'stored', sample: SOLE };
      case 'unchanged':
        return { outcome: 'unchanged', sample: SOLE };
      case 'refused': {
        const { refusal, newer, fork } = decision;
        if (fork !== undefined) await this.#onFork(fork);
        return { outcome: 'refused', refusal, ...(newer === undefined ? {} : { newer: unverified(newer) }) };
      }
    }
  }

  async #find(key: RecordKey, options: CallOptions): Promise<FindAnswer> {
    const [bytes, context] = await Promise.all([this.#shelf.read(key, options), this.#contextOf(key, options)]);
    if (bytes === undefined) return { outcome: 'not-found', sample: SOLE };
    const verdict = this.#verifier.verify({ key, bytes }, context);
    if (verdict.ok) return { outcome: 'found', record: unverified(verdict.value), age: 0, sample: SOLE };
    const { refusal } = verdict;
    if (ENDED.has(refusal.code)) return { outcome: 'not-found', sample: SOLE };
    throw new ThemisError('THEMIS_FILE_MALFORMED', `${showRecordKey(key)}: ${refusal.code} (${refusal.detail})`, { refusal });
  }

  async #instances(service: IdentityId, options: CallOptions): Promise<InstancesAnswer> {
    const { records, unreadable } = await this.#shelf.list(service, options);
    const context = await this.#contextUnder(records.length > 0 ? service : undefined, options);
    const sound: SignedRecord[] = [];
    let damaged = unreadable;
    for (const record of records) {
      const verdict = this.#verifier.verify(record, context);
      if (verdict.ok) sound.push(unverified(verdict.value));
      else if (ENDED.has(verdict.refusal.code)) await this.#sweep(record);
      else damaged += 1;
    }
    return { outcome: 'found', records: sound, complete: damaged === 0, age: 0, sample: SOLE };
  }

  /** What is new and can be believed. A place that cannot be looked at is looked at again with the next change. */
  async #look(wanted: Watched, news: ShelfNews): Promise<readonly VerifiedRecord[]> {
    try {
      const records = news ?? (await this.#readAll(wanted));
      const [first] = records;
      if (first === undefined) return [];
      // What is watched at a time has one signer.
      const context = await this.#contextOf(first.key);
      const verdicts = records.map((record) => this.#verifier.verify(record, context));
      return verdicts.flatMap((verdict) => (verdict.ok ? [verdict.value] : []));
    } catch (error) {
      if (ThemisError.is(error)) return [];
      throw error;
    }
  }

  async #readAll(wanted: Watched): Promise<readonly SignedRecord[]> {
    if (wanted.kind === 'instances') return (await this.#shelf.list(wanted.id)).records;
    const bytes = await this.#shelf.read(wanted);
    return bytes === undefined ? [] : [{ key: wanted, bytes }];
  }

  /** With the history of who signs what lies under a key, as far as the directory knows it. */
  async #contextOf(key: RecordKey, options?: CallOptions): Promise<RecordContext> {
    const signer = key.kind === 'head' ? key.by : key.id;
    const needsHistory = key.kind === 'head' || key.kind === 'service' || key.kind === 'instance';
    return this.#contextUnder(needsHistory ? signer : undefined, options);
  }

  async #contextUnder(signer: IdentityId | undefined, options?: CallOptions): Promise<RecordContext> {
    const history = signer === undefined ? undefined : await this.#history(signer, options);
    return { history: (id) => (id === signer ? history : undefined), now: this.#now() };
  }

  async #history(id: IdentityId, options?: CallOptions): Promise<History | undefined> {
    const key = { kind: 'history', id } as const;
    const bytes = await this.#shelf.read(key, options);
    if (bytes === undefined) return undefined;
    const verdict = this.#verifier.verify({ key, bytes }, { history: () => undefined, now: this.#now() });
    return verdict.ok && verdict.value.body.kind === 'history' ? verdict.value.body.history : undefined;
  }

  async #isFull(key: RecordKey, options: CallOptions): Promise<boolean> {
    // What is there already, though it may not be readable, is replaced and needs no more room.
    const isThere = await this.#shelf.read(key, options).then(
      (bytes) => bytes !== undefined,
      () => true,
    );
    if (isThere) return false;
    const { records, unreadable } = await this.#shelf.list(key.id, options);
    return records.length + unreadable >= this.#maxInstances;
  }

  /** Removes an instance's record that ended a while ago, unless a new one took its place meanwhile. */
  async #sweep(record: SignedRecord): Promise<void> {
    const { key } = record;
    const context = await this.#contextOf(key);
    const earlier = { ...context, now: context.now - SWEEP_AFTER_SECONDS };
    const hasLongEnded = (bytes: Uint8Array): boolean => {
      const verdict = this.#verifier.verify({ key, bytes }, earlier);
      return !verdict.ok && ENDED.has(verdict.refusal.code);
    };
    if (!hasLongEnded(record.bytes)) return;
    try {
      await this.#shelf.change(key, (bytes) => (bytes !== undefined && hasLongEnded(bytes) ? 'remove' : 'keep'));
    } catch (error) {
      // Whoever asks next sweeps too; nobody who asks for what is there should go without for what is not.
      if (!ThemisError.is(error)) throw error;
    }
  }

  #forgetEnded(last: Map<string, VerifiedRecord>): void {
    for (const [name, { expires }] of last) {
      if (expires + SWEEP_AFTER_SECONDS < this.#now()) last.delete(name);
    }
  }

  async #answer<T>(call: () => Promise<T>, { signal }: CallOptions): Promise<T | Unavailable> {
    this.#requireOpen();
    try {
      return signal === undefined ? await call() : await beforeAbort(call, signal);
    } catch (error) {
      if (!ThemisError.is(error)) throw error;
      if (error.code === 'THEMIS_DIRECTORY_UNAVAILABLE') return { outcome: 'unavailable', error };
      return { outcome: 'unavailable', error: new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', error.message, { cause: error }) };
    }
  }

  #requireOpen(): void {
    if (this.#closing.signal.aborted) throw new ThemisError('THEMIS_CLOSED', 'the directory');
  }
}

function systemSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** What a call gives, unless its caller gives up first. A shelf may heed the signal itself; none has to. */
async function beforeAbort<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const giveUp = (): void => aborted.reject(new ThemisError('THEMIS_ABORTED', 'the directory was not waited for'));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race(signal.aborted ? [aborted.promise] : [call(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** What leaves the directory is bytes: who gets them believes nothing for where they come from. */
function unverified({ key, bytes }: SignedRecord): SignedRecord {
  return { key, bytes };
}

function refusedFor({ id }: RecordKey, max: number): StoreAnswer {
  return { outcome: 'refused', refusal: refuse('record-quota', `${max} instances of ${id} are there`).refusal };
}
