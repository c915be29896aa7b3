import type { RecordKind } from '@themis-mesh/core';

/** The kinds of records that do not end by themselves within minutes: what a storer keeps over its own restart. */
export const LASTING_KINDS: readonly LastingKind[] = ['history', 'charter', 'service'];

export type LastingKind = Extract<RecordKind, 'history' | 'charter' | 'service'>;

export function isLastingKind(kind: RecordKind): kind is LastingKind {
  return LASTING_KINDS.some((lasting) => lasting === kind);
}
