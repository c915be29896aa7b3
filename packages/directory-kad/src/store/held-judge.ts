import { verifyRecord, type RecordContext, type SignedRecord, type Verdict, type VerifiedRecord } from '@themis-mesh/core';
import { isLasting, lastEvent, type RecordJudge } from '@themis-mesh/directory';

interface Believed {
  readonly verified: VerifiedRecord;
  readonly at: number;
  readonly under: string | undefined;
}

/**
 * Verifies records, and does not verify again what it verified before, as long as nothing that it depends on has changed. It
 * knows records by the very buffer that holds them, which belongs to the store and is never written to: a refresh, which holds
 * a record against the one before it, costs the signatures of the new one alone.
 */
export class HeldJudge implements RecordJudge {
  readonly #believed = new WeakMap<Uint8Array, Believed>();

  verify(record: SignedRecord, context: RecordContext): Verdict<VerifiedRecord> {
    const believed = this.#believed.get(record.bytes);
    if (believed !== undefined && stillHolds(believed, context)) return { ok: true, value: believed.verified };
    const verdict = verifyRecord(record, context);
    if (verdict.ok && isLasting(verdict.value, context)) {
      const under = lastEvent(record.key.id, context);
      this.#believed.set(record.bytes, { verified: verdict.value, at: context.now, under });
    }
    return verdict;
  }
}

function stillHolds({ verified, at, under }: Believed, context: RecordContext): boolean {
  return context.now >= at && context.now < verified.expires && under === lastEvent(verified.key.id, context);
}
