import { canonicalJson, IdentityId, shape, toBase64url, type Json, type RecordKey, type SignedRecord } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';
import { keyShape, watchedJson, watchedShape } from './key.ts';
import { MOST_HAVE, MOST_RECORD_BYTES, MOST_WAIT_SECONDS } from './limits.ts';

interface Extensible {
  /** What a newer release may add. */
  readonly ext?: Json;
}

export interface FindRequest extends Extensible {
  readonly key: RecordKey;
}

export interface InstancesRequest extends Extensible {
  readonly id: IdentityId;
}

export interface StoreRequest extends Extensible {
  readonly key: RecordKey;
  readonly record: Uint8Array;
}

export interface WatchRequest extends Extensible {
  readonly watched: Watched;
  /** SHA-256 of each record that the caller has: of those it wants to hear no more. */
  readonly have: readonly string[];
  /** How long the caller waits for something else. Seconds; 0 for what is there now. */
  readonly wait: number;
}

const ext = shape.optional(shape.extension);

export const findRequestShape: shape.Shape<FindRequest> = shape.object<FindRequest>({ key: keyShape, ext });

export const instancesRequestShape: shape.Shape<InstancesRequest> = shape.object<InstancesRequest>({ id: IdentityId.shape, ext });

export const storeRequestShape: shape.Shape<StoreRequest> = shape.object<StoreRequest>({
  key: keyShape,
  record: shape.base64url(0, MOST_RECORD_BYTES),
  ext,
});

export const watchRequestShape: shape.Shape<WatchRequest> = shape.object<WatchRequest>({
  watched: watchedShape,
  have: shape.array(shape.digest, { max: MOST_HAVE }),
  wait: shape.integer(0, MOST_WAIT_SECONDS),
  ext,
});

export function findBody(key: RecordKey): Uint8Array {
  return bytesOf({ key: watchedJson(key) });
}

export function instancesBody(id: IdentityId): Uint8Array {
  return bytesOf({ id });
}

export function storeBody({ key, bytes }: SignedRecord): Uint8Array {
  return bytesOf({ key: watchedJson(key), record: toBase64url(bytes) });
}

export function watchBody({ watched, have, wait }: WatchRequest): Uint8Array {
  return bytesOf({ watched: watchedJson(watched), have, wait });
}

function bytesOf(json: Json): Uint8Array {
  return Buffer.from(canonicalJson(json));
}
