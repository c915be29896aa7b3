import {
  showRecordKey,
  verifyRecord,
  type IdentityId,
  type RecordContext,
  type SignedRecord,
  type Verdict,
  type VerifiedRecord,
} from '@themis-mesh/core';

interface Known {
  readonly verified: VerifiedRecord;
  /** A copy: the bytes of the record itself are in other hands. */
  readonly bytes: Uint8Array;
  readonly at: number;
  /** The last event of the history that it was verified under. */
  readonly under: string | undefined;
}

const MOST_KNOWN = 4096;

/** Says whether a record is to be believed, and may remember what it said. */
export interface RecordJudge {
  verify(record: SignedRecord, context: RecordContext): Verdict<VerifiedRecord>;
}

/** `verifyRecord`, which does not verify again what it verified before, as long as nothing that it depends on has changed. */
export class RecordVerifier implements RecordJudge {
  readonly #known = new Map<string, Known>();

  verify(record: SignedRecord, context: RecordContext): Verdict<VerifiedRecord> {
    const name = showRecordKey(record.key);
    const known = this.#known.get(name);
    if (known !== undefined && stillHolds(known, record, context)) {
      return { ok: true, value: { ...known.verified, ...record } };
    }
    const verdict = verifyRecord(record, context);
    this.#known.delete(name);
    if (verdict.ok && isLasting(verdict.value, context)) this.#keep(name, verdict.value, context);
    return verdict;
  }

  #keep(name: string, verified: VerifiedRecord, context: RecordContext): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    const { key, bytes } = verified;
    this.#known.set(name, { verified, bytes: Uint8Array.from(bytes), at: context.now, under: lastEvent(key.id, context) });
  }
}

function stillHolds({ verified, bytes, at, under }: Known, record: SignedRecord, context: RecordContext): boolean {
  return (
    context.now >= at &&
    context.now < verified.expires &&
    under === lastEvent(record.key.id, context) &&
    Buffer.compare(bytes, record.bytes) === 0
  );
}

/** Whether it stays good until it ends: signed under the last keys of its identity, whose grace does not run out. */
export function isLasting({ body, sequence }: VerifiedRecord, context: RecordContext): boolean {
  switch (body.kind) {
    case 'history':
    case 'charter':
      return true;
    case 'service':
    case 'instance':
      return context.history(body.statement.claims.id)?.seq === sequence[0];
    case 'head':
      return false;
  }
}

/** The last event known of the history of an identity: what is verified under one is verified anew under the next. */
export function lastEvent(id: IdentityId, context: RecordContext): string | undefined {
  return context.history(id)?.last.digest;
}
