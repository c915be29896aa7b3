import type { IdentityId, RecordKey, Refusal, SignedRecord } from '@themis-mesh/core';

/**
 * Where records are stored and found. It is never trusted, only believed after checking: storers verify what they take, and
 * whoever reads verifies again. Answers are right, or an error, or marked stale; never wrong.
 */
export interface Directory extends AsyncDisposable {
  /** Keeps a record in the place of an older one. */
  store(record: SignedRecord, options?: CallOptions): Promise<StoreAnswer>;
  /** The newest record under a key. */
  find(key: RecordKey, options?: CallOptions): Promise<FindAnswer>;
  /** The instance records of a service that have not ended. */
  instances(service: IdentityId, options?: CallOptions): Promise<InstancesAnswer>;
  /**
   * Says that something may have changed: at once when the watch stands, so that nothing falls between a look and the
   * watch, then after every change. Changes that come close together may be told as one. Ends with the signal.
   */
  watch(subject: Subject, signal: AbortSignal): AsyncIterable<Subject>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What can be watched: one record, or all instances of a service. */
export type Subject = RecordKey | { readonly kind: 'instances'; readonly id: IdentityId };

export type StoreAnswer =
  /** By how many storers, of how many that were asked. */
  | { readonly answer: 'stored'; readonly by: number; readonly of: number }
  /** The very record was there. */
  | { readonly answer: 'unchanged'; readonly by: number; readonly of: number }
  /** Not believed, or not newer than the one held, which comes with the refusal. */
  | { readonly answer: 'refused'; readonly refusal: Refusal; readonly held?: SignedRecord }
  | Unavailable;

export type FindAnswer =
  | { readonly answer: 'found'; readonly record: SignedRecord; readonly freshness: Freshness }
  | { readonly answer: 'not-found' }
  | Unavailable;

export type InstancesAnswer =
  /** `of`: how many there are, where the records are a sample. */
  | { readonly answer: 'found'; readonly records: readonly SignedRecord[]; readonly of: number; readonly freshness: Freshness }
  | Unavailable;

export interface Unavailable {
  readonly answer: 'unavailable';
  /** For a log. */
  readonly because: string;
}

/** Whether an answer is of now, or one remembered because no newer one could be had. */
export type Freshness = { readonly is: 'fresh' } | { readonly is: 'stale'; readonly age: number };
