import {
  compareRecords,
  refuse,
  showRecordKey,
  type IdentityId,
  type RecordBody,
  type RecordContext,
  type Refusal,
  type RefusalCode,
  type SignedRecord,
  type VerifiedRecord,
} from '@themis-mesh/core';
import type { ForkProof } from '@themis-mesh/storage';
import type { RecordJudge } from './record-verifier.ts';

/** What a storer does with a record. */
export type StoreDecision =
  | { readonly outcome: 'replace'; readonly record: VerifiedRecord }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly newer?: SignedRecord; readonly fork?: ForkProof };

export interface StoreSituation {
  /** What lies under the key, if anything. */
  readonly held: SignedRecord | undefined;
  /** The app whose directory this is: charters, heads, services and instances of others are refused. Undefined: of any. */
  readonly app: IdentityId | undefined;
  readonly context: RecordContext;
  readonly verifier: RecordJudge;
}

/**
 * Of two sound records under one key the one with the higher sequence stays; of two with the same sequence the one seen
 * first, and the two are proof.
 *
 * A record held that is sound no more, because it ended or its keys did, is as good as none. Nothing older comes back by
 * that: an owner dates no record to outlive the one that follows it, and readers keep floors of their own.
 */
export function decideStore(candidate: SignedRecord, { held, app, context, verifier }: StoreSituation): StoreDecision {
  const next = verifier.verify(candidate, context);
  if (!next.ok) return { outcome: 'refused', refusal: next.refusal };
  const record = next.value;
  const other = appOf(record.body);
  if (app !== undefined && other !== undefined && other !== app) return refused('record-other-app', other);
  const before = held === undefined ? undefined : verifier.verify(held, context);
  if (before === undefined || !before.ok) return { outcome: 'replace', record };
  switch (compareRecords(before.value, record)) {
    case 'newer':
      return { outcome: 'replace', record };
    case 'same':
      return { outcome: 'unchanged' };
    case 'older':
      return { ...refused('record-rolled-back', showRecordKey(record.key)), newer: before.value };
    case 'forks':
      return { ...refused(FORKED[record.key.kind], showRecordKey(record.key)), fork: proofOf(before.value, record) };
  }
}

const FORKED = {
  history: 'history-forked',
  charter: 'charter-forked',
  head: 'record-forked',
  service: 'record-forked',
  instance: 'record-forked',
} as const satisfies Record<VerifiedRecord['key']['kind'], RefusalCode>;

/** The app that a record is of; undefined for a history, which is of no app. */
export function appOf(body: RecordBody): IdentityId | undefined {
  switch (body.kind) {
    case 'history':
      return undefined;
    case 'charter':
      return body.app.history.id;
    default:
      return body.statement.claims.app;
  }
}

export function proofOf(first: SignedRecord, other: SignedRecord): ForkProof {
  return { kind: first.key.kind, id: first.key.id, first: first.bytes, other: other.bytes };
}

function refused(code: RefusalCode, detail: string): { readonly outcome: 'refused'; readonly refusal: Refusal } {
  return { outcome: 'refused', refusal: refuse(code, detail).refusal };
}
