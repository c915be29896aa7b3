import assert from 'node:assert/strict';
import type { RefusalCode } from '../../src/outcome/refusals.ts';
import type { Verdict } from '../../src/outcome/verdict.ts';

/** The value of a verdict that must be an acceptance. */
export function accepted<T>(verdict: Verdict<T>, what = 'the verdict'): T {
  if (!verdict.ok) assert.fail(`${what}: ${verdict.refusal.code}: ${verdict.refusal.detail}`);
  return verdict.value;
}

/** That a verdict is a refusal with that code and a detail that may stand in a log. */
export function assertRefused(verdict: Verdict<unknown>, code: RefusalCode, what = 'the verdict'): void {
  assert.equal(verdict.ok ? 'accepted' : verdict.refusal.code, code, `${what}${verdict.ok ? '' : `: ${verdict.refusal.detail}`}`);
  if (verdict.ok) return;
  const { detail } = verdict.refusal;
  assert.ok(
    detail.length > 0 && detail.length <= 300 && !/[\p{Cc}\p{Cs}\p{Cf}]/u.test(detail),
    `${what}: ${JSON.stringify(detail)}`,
  );
}

/** `accepted`, or the code of the refusal: to compare whole tables. */
export function outcomeOf(verdict: Verdict<unknown>): RefusalCode | 'accepted' {
  return verdict.ok ? 'accepted' : verdict.refusal.code;
}
