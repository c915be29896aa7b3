import { readAppState, type AppState } from '../app/app-state.ts';
import { MAX_SKEW_SECONDS } from '../app/charter.ts';
import { headShape, type Head } from '../app/head.ts';
import type { Sequence } from '../app/sequence.ts';
import type { VerifiedLeaves } from '../certificate/verified-leaves.ts';
import { verifyLeafUnder } from '../certificate/verify-leaf.ts';
import type { History } from '../identity/history.ts';
import { readHistory } from '../identity/history-wire.ts';
import type { IdentityId } from '../identity/id.ts';
import { accept, refuse, type Refused, type Verdict } from '../outcome/verdict.ts';
import { readStatement, verifyStatement, type Statement } from '../statement/jws.ts';
import { soleKey, type Quorum } from '../statement/quorum.ts';
import { INSTANCE_RECORD_SECONDS, instanceRecordShape, type InstanceRecord } from './instance-record.ts';
import { MAX_RECORD_BYTES, showRecordKey, type RecordKey, type SignedRecord } from './key.ts';
import { serviceRecordShape, type ServiceRecord } from './service-record.ts';

/** What a record says, once believed. */
export type RecordBody =
  | { readonly kind: 'history'; readonly history: History }
  | { readonly kind: 'charter'; readonly app: AppState }
  | { readonly kind: 'head'; readonly statement: Statement<Head> }
  | { readonly kind: 'service'; readonly statement: Statement<ServiceRecord> }
  | { readonly kind: 'instance'; readonly statement: Statement<InstanceRecord> };

export interface VerifiedRecord extends SignedRecord {
  readonly body: RecordBody;
  readonly sequence: Sequence;
  /** Of what decides equality of two records with one sequence. */
  readonly digest: string;
  /** Seconds since 1970; Infinity for what has no end. */
  readonly expires: number;
}

export interface RecordContext {
  /** The furthest history known of an identity: from memory, or from the directory, verified. */
  history(id: IdentityId): History | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  /** The leaves verified before. Undefined: each is verified anew. */
  readonly leaves?: VerifiedLeaves | undefined;
}

/** Longest life of a service record: 90 days. */
const SERVICE_RECORD_SECONDS = 7_776_000;

/** Longest life of a head in the directory: a day. Who reads it for news has a bound of its own, and a shorter one. */
const HEAD_SECONDS = 86_400;

/**
 * Believes a record because of its signatures, its own times and the key that it is kept under; storers and readers alike.
 * Whether its identity belongs to an app, and whether a newer record is known, is for the caller to compare.
 */
export function verifyRecord(record: SignedRecord, context: RecordContext): Verdict<VerifiedRecord> {
  const { key, bytes } = record;
  if (bytes.length > MAX_RECORD_BYTES[key.kind]) {
    return refuse('statement-too-large', `${bytes.length} bytes, a ${key.kind} record has at most ${MAX_RECORD_BYTES[key.kind]}`);
  }
  switch (key.kind) {
    case 'history':
      return verifyHistory(record, key);
    case 'charter':
      return verifyCharter(record, key, context);
    case 'head':
      return verifyHeadRecord(record, key, context);
    case 'service':
      return verifyService(record, key, context);
    case 'instance':
      return verifyInstance(record, key, context);
  }
}

function verifyHistory(record: SignedRecord, key: RecordKey): Verdict<VerifiedRecord> {
  const history = readHistory(record.bytes);
  if (!history.ok) return history;
  if (history.value.id !== key.id) return otherKey(key, history.value.id);
  return accept({
    ...record,
    body: { kind: 'history', history: history.value },
    sequence: [history.value.seq, 0],
    digest: history.value.last.digest,
    expires: Infinity,
  });
}

function verifyCharter(record: SignedRecord, key: RecordKey, { now }: RecordContext): Verdict<VerifiedRecord> {
  const app = readAppState(record.bytes, now);
  if (!app.ok) return app;
  if (app.value.history.id !== key.id) return otherKey(key, app.value.history.id);
  const { charter } = app.value;
  // A charter past its end is still news: who holds an older one learns from it who was removed.
  return accept({
    ...record,
    body: { kind: 'charter', app: app.value },
    sequence: charter.sequence,
    digest: charter.digest,
    expires: Infinity,
  });
}

function verifyHeadRecord(
  record: SignedRecord,
  key: RecordKey & { readonly kind: 'head' },
  context: RecordContext,
): Verdict<VerifiedRecord> {
  const read = readStatement(record.bytes, 'head', headShape);
  if (!read.ok) return read;
  const { claims } = read.value;
  if (claims.app !== key.id) return otherKey(key, claims.app);
  const quorum = quorumOf(context, key.by);
  if (quorum === undefined) return unknownHistory(key.by);
  const signed = verifyStatement(read.value, quorum);
  if (!signed.ok) return signed;
  return (
    refuseTimes(claims, context.now, HEAD_SECONDS) ??
    accept({
      ...record,
      body: { kind: 'head', statement: signed.value },
      sequence: [0, claims.iat],
      digest: signed.value.digest,
      expires: claims.exp,
    })
  );
}

function verifyService(record: SignedRecord, key: RecordKey, context: RecordContext): Verdict<VerifiedRecord> {
  const read = readStatement(record.bytes, 'service', serviceRecordShape);
  if (!read.ok) return read;
  const { claims } = read.value;
  if (claims.id !== key.id) return otherKey(key, claims.id);
  const quorum = quorumOf(context, claims.id, claims.key);
  if (quorum === undefined) return unknownHistory(claims.id);
  const signed = verifyStatement(read.value, quorum);
  if (!signed.ok) return signed;
  return (
    refuseTimes(claims, context.now, SERVICE_RECORD_SECONDS) ??
    accept({
      ...record,
      body: { kind: 'service', statement: signed.value },
      sequence: [claims.key, claims.seq],
      digest: signed.value.digest,
      expires: Math.min(claims.exp, context.history(claims.id)?.goodUntil(claims.key) ?? 0),
    })
  );
}

function verifyInstance(
  record: SignedRecord,
  key: RecordKey & { readonly kind: 'instance' },
  context: RecordContext,
): Verdict<VerifiedRecord> {
  const read = readStatement(record.bytes, 'instance', instanceRecordShape);
  if (!read.ok) return read;
  const { claims } = read.value;
  if (claims.id !== key.id || claims.instance !== key.instance) return otherKey(key, `${claims.id}/${claims.instance}`);
  const history = context.history(claims.id);
  if (history === undefined) return unknownHistory(claims.id);
  const leaf = context.leaves?.verify(claims.leaf, history, context.now) ?? verifyLeafUnder(claims.leaf, history, context.now);
  if (!leaf.ok) return leaf;
  if (leaf.value.instance !== claims.instance) return refuse('record-leaf', `the leaf is of ${leaf.value.instance}`);
  const signed = verifyStatement(read.value, soleKey(leaf.value.publicKey));
  if (!signed.ok) return signed;
  return (
    refuseTimes(claims, context.now, INSTANCE_RECORD_SECONDS) ??
    accept({
      ...record,
      body: { kind: 'instance', statement: signed.value },
      sequence: [leaf.value.keySeq, claims.seq],
      digest: signed.value.digest,
      expires: Math.min(claims.exp, leaf.value.goodUntil),
    })
  );
}

/** Those who sign for an identity under a key sequence that is still good, or today. @returns undefined where nobody is known */
function quorumOf(context: RecordContext, id: IdentityId, seq?: number): Quorum | undefined {
  const history = context.history(id);
  if (history === undefined) return undefined;
  const at = seq ?? history.seq;
  return context.now < history.goodUntil(at) ? history.quorumAt(at) : undefined;
}

function refuseTimes(claims: { readonly iat: number; readonly exp: number }, now: number, life: number): Refused | undefined {
  if (claims.iat > now + MAX_SKEW_SECONDS) return refuse('record-future', `${claims.iat}, it is ${now}`);
  if (claims.exp <= now) return refuse('record-expired', `${claims.exp}, it is ${now}`);
  if (claims.exp - claims.iat > life) return refuse('record-life', `${claims.exp - claims.iat} s, at most ${life}`);
  return undefined;
}

function otherKey(key: RecordKey, found: string): Refused {
  return refuse('record-key', `${showRecordKey(key)} holds a record of ${found}`);
}

function unknownHistory(id: IdentityId): Refused {
  return refuse('history-unknown', `no history of ${id} whose keys may still sign this is known`);
}
