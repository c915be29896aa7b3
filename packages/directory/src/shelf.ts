import type { IdentityId, RecordKey, SignedRecord } from '@themis-mesh/core';
import type { CallOptions, Watched } from './port.ts';

/** Where an embedded directory keeps bytes. It judges nothing; it throws ThemisError where it cannot do what it should. */
export interface Shelf {
  /** @returns undefined where there is nothing under the key */
  read(key: RecordKey): Promise<Uint8Array | undefined>;
  /** What lies there of a service's instances. */
  list(service: IdentityId): Promise<ShelfList>;
  /** Changes what lies under a key, while nobody else does. */
  change(key: RecordKey, decide: (held: Uint8Array | undefined) => ShelfChange, options?: CallOptions): Promise<void>;
  /** Comes once at the beginning, and again whenever something may have changed: look, and look again. Ends with the signal. */
  changes(wanted: Watched, signal: AbortSignal): AsyncIterable<void>;
}

export interface ShelfList {
  readonly records: readonly SignedRecord[];
  /** How many there are that could not be read. */
  readonly unreadable: number;
}

/** The bytes to put there, or what else to do. */
export type ShelfChange = Uint8Array | 'keep' | 'remove';
