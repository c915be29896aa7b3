import type { IdentityId, RecordKey, SignedRecord } from '@themis-mesh/core';
import type { CallOptions, Watched } from './port.ts';

/** Where a directory keeps bytes. It judges nothing; it throws ThemisError where it cannot do what it should. */
export interface Shelf extends Partial<AsyncDisposable> {
  /** @returns undefined where there is nothing under the key */
  read(key: RecordKey, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** What lies there of a service's instances. */
  list(service: IdentityId, options?: CallOptions): Promise<ShelfList>;
  /** Changes what lies under a key, while nobody else does. */
  change(key: RecordKey, decide: (held: Uint8Array | undefined) => ShelfChange, options?: CallOptions): Promise<void>;
  /** Comes once at the beginning, and again whenever something may have changed. Ends with the signal. */
  changes(wanted: Watched, signal: AbortSignal): AsyncIterable<ShelfNews>;
}

/** What changed, where the shelf was told; nothing where it was not: then look at all that is wanted. */
export type ShelfNews = readonly SignedRecord[] | void;

export interface ShelfList {
  readonly records: readonly SignedRecord[];
  /** How many there are that could not be read. */
  readonly unreadable: number;
}

/** The bytes to put there, or what else to do. */
export type ShelfChange = Uint8Array | 'keep' | 'remove';
