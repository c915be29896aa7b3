import type { IdentityId, RecordKey, Refusal, SignedRecord, ThemisError } from '@themis-mesh/core';

/**
 * Where records are stored and found. A directory is never trusted: it verifies what it stores so that junk finds no room,
 * and whoever finds a record verifies it again.
 *
 * Its answers are right, or an error, or say how old they are; never wrong. Nothing here throws for what a directory, a
 * record or a network does; only a call after the directory was closed does.
 */
export interface Directory extends AsyncDisposable {
  /** Keeps a record where it is sound and newer than the one held under its key. */
  store(record: SignedRecord, options?: CallOptions): Promise<StoreAnswer>;
  /** The newest record under a key. */
  find(key: RecordKey, options?: CallOptions): Promise<FindAnswer>;
  /** The records of all instances of a service. */
  instances(service: IdentityId, options?: CallOptions): Promise<InstancesAnswer>;
  /**
   * What is there now, and then each record that is newer than the last one of its key. Several changes in a row may come
   * as the last of them. What ends by its own time, or cannot be read, does not come. Ends when the signal does, or the
   * directory is closed.
   */
  watch(wanted: Watched, signal: AbortSignal): AsyncIterable<SignedRecord>;
}

/** One record, or all those of a service's instances. */
export type Watched = RecordKey | { readonly kind: 'instances'; readonly id: IdentityId };

export interface CallOptions {
  /** Gives up; the answer is then `unavailable`. What was sent may have been stored all the same. */
  readonly signal?: AbortSignal;
}

/** How many of those that keep a record were asked, and how many of them answered. One of one in an embedded directory. */
export interface Sample {
  readonly answered: number;
  readonly of: number;
}

export type StoreAnswer =
  /** `sample.answered` counts those that have it on disk, or wherever they keep it. */
  | { readonly outcome: 'stored'; readonly sample: Sample }
  /** That very record was held already. */
  | { readonly outcome: 'unchanged'; readonly sample: Sample }
  /** `newer`: the record held, where that is the reason. */
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly newer?: SignedRecord }
  | Unavailable;

export type FindAnswer =
  | { readonly outcome: 'found'; readonly record: SignedRecord; readonly age: number; readonly sample: Sample }
  /** Enough of those that would know say that there is none. */
  | { readonly outcome: 'not-found'; readonly sample: Sample }
  | Unavailable;

export type InstancesAnswer =
  | {
      readonly outcome: 'found';
      /** May be none. */
      readonly records: readonly SignedRecord[];
      /** False where some could not be read, or where there are more: what is missing may be there. */
      readonly complete: boolean;
      /** How many there are, about, where the records are a fair sample of more. */
      readonly total?: number;
      /** Seconds since those that keep the records were heard: 0 where they were asked just now. */
      readonly age: number;
      readonly sample: Sample;
    }
  | Unavailable;

export interface Unavailable {
  readonly outcome: 'unavailable';
  readonly error: ThemisError;
}

/** What an embedded directory says: it asks nobody else, and now. */
export const SOLE: Sample = Object.freeze({ answered: 1, of: 1 });
