import type { Address, SignedRecord } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import type { Place } from '../place.ts';

/** What one node asks of another. `docs/reference/kad.md` */
export type Request = PingRequest | FindRequest | GetRequest | StoreRequest | WatchRequest;

interface Asked {
  /** Where who asks can be asked, if it is a node. Its identity is what the channel proved. */
  readonly sender?: Sender | undefined;
}

export interface Sender {
  readonly index: number;
  readonly address: Address;
}

/** Is anybody there? */
export interface PingRequest extends Asked {
  readonly kind: 'ping';
}

/** Who is near a place? */
export interface FindRequest extends Asked {
  readonly kind: 'find';
  readonly target: Place;
}

/** What is kept under a key, or of a service's instances? */
export interface GetRequest extends Asked {
  readonly kind: 'get';
  readonly wanted: Watched;
  /** How many events of the signer's history the asker knows: one that goes further comes with the answer. 0 to 16. */
  readonly known: number;
  /** The asker's own zone: of more instances than one answer holds, those of it are preferred. */
  readonly zone?: string | undefined;
}

/** Keep this. */
export interface StoreRequest extends Asked {
  readonly kind: 'store';
  readonly record: SignedRecord;
}

/** What a GET says, and then each change, until the lease ends. */
export interface WatchRequest extends Asked {
  readonly kind: 'watch';
  readonly wanted: Watched;
  readonly known: number;
  readonly zone?: string | undefined;
  /** Seconds; a node grants at most {@link KAD.leaseSeconds}. */
  readonly lease: number;
}
