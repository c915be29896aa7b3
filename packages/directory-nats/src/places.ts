import { InstanceName, MAX_RECORD_BYTES, type IdentityId, type RecordKey } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';

/** The buckets, one for each lifetime: a server of release 2.9 forgets by bucket, and by key not at all. */
export type BucketKind = 'lasting' | 'services' | 'heads' | 'instances';

export interface BucketPlan {
  /** After which a record is forgotten: its longest life, and what clocks may differ. Milliseconds; 0 for never. */
  readonly ttl: number;
  /** Of a record with what the server keeps beside it. */
  readonly maxValueSize: number;
}

/** What clocks may differ, as in the rules of the records. */
const SKEW_MS = 60_000;
const DAY_MS = 86_400_000;
/** The headers of a message count as its size. */
const HEADER_BYTES = 1024;

export const BUCKET_PLANS: Readonly<Record<BucketKind, BucketPlan>> = {
  lasting: { ttl: 0, maxValueSize: MAX_RECORD_BYTES.charter + HEADER_BYTES },
  services: { ttl: 90 * DAY_MS + SKEW_MS, maxValueSize: MAX_RECORD_BYTES.service + HEADER_BYTES },
  heads: { ttl: DAY_MS + SKEW_MS, maxValueSize: MAX_RECORD_BYTES.head + HEADER_BYTES },
  instances: { ttl: 2 * SKEW_MS, maxValueSize: MAX_RECORD_BYTES.instance + HEADER_BYTES },
};

/** A key of one bucket, or a pattern of such. */
export interface Place {
  readonly bucket: BucketKind;
  readonly key: string;
}

/**
 * Where a record lies. Keys are made of IDs, which are hashes in base32, and of names of instances in hexadecimal: nothing that a
 * peer chose is in one as it is.
 */
export function placeOf(key: RecordKey): Place {
  switch (key.kind) {
    case 'history':
    case 'charter':
      return { bucket: 'lasting', key: `${key.kind}.${key.id}` };
    case 'service':
      return { bucket: 'services', key: key.id };
    case 'head':
      return { bucket: 'heads', key: `${key.id}.${key.by}` };
    case 'instance':
      return { bucket: 'instances', key: `${key.id}.${Buffer.from(key.instance).toString('hex')}` };
  }
}

/** Where all lies that is wanted. */
export function patternOf(wanted: Watched): Place {
  return wanted.kind === 'instances' ? { bucket: 'instances', key: `${wanted.id}.*` } : placeOf(wanted);
}

/** @returns undefined for a key in the place of a service's instances that is of none */
export function instanceKeyOf(service: IdentityId, key: string): RecordKey | undefined {
  const [id, hex = '', ...rest] = key.split('.');
  if (id !== service || rest.length > 0 || !/^(?:[0-9a-f]{2}){1,64}$/.test(hex)) return undefined;
  const instance = InstanceName.parse(Buffer.from(hex, 'hex').toString('latin1'));
  return instance === undefined ? undefined : { kind: 'instance', id: service, instance };
}
