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
  type Verdict,
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
import type { Shelf } from './shelf.ts';
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

/** A directory in the processes that use it, without any of its own: the contract on top of a {@link Shelf}. */
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
    return this.#answer(() => this.#store(record, options));
  }

  find(key: RecordKey): Promise<FindAnswer> {
    return this.#answer(() => this.#find(key));
  }

  instances(service: IdentityId): Promise<InstancesAnswer> {
    return this.#answer(() => this.#instances(service));
  }

  async *watch(wanted: Watched, signal: AbortSignal): AsyncGenerator<SignedRecord, void, void> {
    this.#requireOpen();
    const last = new Map<string, VerifiedRecord>();
    for await (const _ of this.#shelf.changes(wanted, AbortSignal.any([signal, this.#closing.signal]))) {
      for (const record of await this.#look(wanted)) {
        const before = last.get(showRecordKey(record.key));
        if (before !== undefined && compareRecords(before, record) !== 'newer') continue;
        last.set(showRecordKey(record.key), record);
        yield unverified(record);
      }
      this.#forgetEnded(last);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #store(record: SignedRecord, options: CallOptions): Promise<StoreAnswer> {
    const { key } = record;
    const situation = { app: this.#app, context: await this.#contextOf(key), verifier: this.#verifier };
    // What is not sound by itself makes no folder, takes no lock and reads nothing.
    const alone = decideStore(record, { ...situation, held: undefined });
    if (alone.outcome === 'refused') return this.#answerTo(alone);
    if (key.kind === 'instance' && (await this.#isFull(key))) return refusedFor(key, this.#maxInstances);
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

  async #find(key: RecordKey): Promise<FindAnswer> {
    const bytes = await this.#shelf.read(key);
    if (bytes === undefined) return { outcome: 'not-found', sample: SOLE };
    const verdict = await this.#verify({ key, bytes });
    if (verdict.ok) return { outcome: 'found', record: unverified(verdict.value), age: 0, sample: SOLE };
    const { refusal } = verdict;
    if (ENDED.has(refusal.code)) return { outcome: 'not-found', sample: SOLE };
    throw new ThemisError('THEMIS_FILE_MALFORMED', `${showRecordKey(key)}: ${refusal.code} (${refusal.detail})`, { refusal });
  }

  async #instances(service: IdentityId): Promise<InstancesAnswer> {
    const { records, unreadable } = await this.#shelf.list(service);
    const context = await this.#contextUnder(records.length > 0 ? service : undefined);
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

  /** What is there now and can be believed. A place that cannot be looked at is looked at again with the next change. */
  async #look(wanted: Watched): Promise<readonly VerifiedRecord[]> {
    try {
      const records = wanted.kind === 'instances' ? (await this.#shelf.list(wanted.id)).records : await this.#readOne(wanted);
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

  async #readOne(key: RecordKey): Promise<readonly SignedRecord[]> {
    const bytes = await this.#shelf.read(key);
    return bytes === undefined ? [] : [{ key, bytes }];
  }

  async #verify(record: SignedRecord): Promise<Verdict<VerifiedRecord>> {
    return this.#verifier.verify(record, await this.#contextOf(record.key));
  }

  /** With the history of who signs what lies under a key, as far as the directory knows it. */
  async #contextOf(key: RecordKey): Promise<RecordContext> {
    const signer = key.kind === 'head' ? key.by : key.id;
    const needsHistory = key.kind === 'head' || key.kind === 'service' || key.kind === 'instance';
    return this.#contextUnder(needsHistory ? signer : undefined);
  }

  async #contextUnder(signer: IdentityId | undefined): Promise<RecordContext> {
    const history = signer === undefined ? undefined : await this.#history(signer);
    return { history: (id) => (id === signer ? history : undefined), now: this.#now() };
  }

  async #history(id: IdentityId): Promise<History | undefined> {
    const key = { kind: 'history', id } as const;
    const bytes = await this.#shelf.read(key);
    if (bytes === undefined) return undefined;
    const verdict = this.#verifier.verify({ key, bytes }, { history: () => undefined, now: this.#now() });
    return verdict.ok && verdict.value.body.kind === 'history' ? verdict.value.body.history : undefined;
  }

  async #isFull(key: RecordKey): Promise<boolean> {
    // What is there already, though it may not be readable, is replaced and needs no more room.
    const isThere = await this.#shelf.read(key).then(
      (bytes) => bytes !== undefined,
      () => true,
    );
    if (isThere) return false;
    const { records, unreadable } = await this.#shelf.list(key.id);
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

  async #answer<T>(call: () => Promise<T>): Promise<T | Unavailable> {
    this.#requireOpen();
    try {
      return await call();
    } catch (error) {
      if (!ThemisError.is(error)) throw error;
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

/** What leaves the directory is bytes: who gets them believes nothing for where they come from. */
function unverified({ key, bytes }: SignedRecord): SignedRecord {
  return { key, bytes };
}

function refusedFor({ id }: RecordKey, max: number): StoreAnswer {
  return { outcome: 'refused', refusal: refuse('record-quota', `${max} instances of ${id} are there`).refusal };
}
