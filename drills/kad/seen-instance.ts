import type { SignedRecord } from '@themis-mesh/core';
import { claimsOf } from './claims-of.ts';
import type { Seen } from './commands.ts';

/** What a record says of an instance, as of now; nothing where it is a record of something else. */
export function seenOf(record: SignedRecord, node: number): readonly Seen[] {
  const { key } = record;
  if (key.kind !== 'instance') return [];
  const { endpoints } = claimsOf(record);
  return [{ instance: key.instance, at: Date.now(), node, isThere: Array.isArray(endpoints) && endpoints.length > 0 }];
}
