import { compareHistories } from '../identity/compare.ts';
import { compareSequences } from '../app/sequence.ts';
import { advanceApp } from '../app/app-state.ts';
import type { VerifiedRecord } from './verify-record.ts';

/** How a record stands to the one held under the same key. `forks`: as new as the one held, and not the same. */
export type RecordOrder = 'newer' | 'same' | 'older' | 'forks';

export function compareRecords(held: VerifiedRecord, candidate: VerifiedRecord): RecordOrder {
  const { body: before } = held;
  const { body: next } = candidate;
  if (before.kind === 'history' && next.kind === 'history') {
    const standing = compareHistories(before.history, next.history);
    return ({ same: 'same', extends: 'newer', precedes: 'older', forks: 'forks' } as const)[standing];
  }
  if (before.kind === 'charter' && next.kind === 'charter') {
    const advance = advanceApp(before.app, next.app);
    if (advance.ok) return advance.value;
    return advance.refusal.code === 'charter-rolled-back' ? 'older' : 'forks';
  }
  const order = compareSequences(candidate.sequence, held.sequence);
  if (order !== 0) return order > 0 ? 'newer' : 'older';
  return held.digest === candidate.digest ? 'same' : 'forks';
}
