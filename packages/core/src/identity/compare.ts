import type { History } from './history.ts';

/**
 * How a history stands to the one remembered of the same identity: `extends` it by newer events, `precedes` it, being
 * the beginning of it, or `forks` from it: both cannot be the owner's.
 */
export type HistoryComparison = 'same' | 'extends' | 'precedes' | 'forks';

/** @throws TypeError for the histories of two identities: they say nothing about each other. */
export function compareHistories(remembered: History, presented: History): HistoryComparison {
  if (remembered.id !== presented.id) throw new TypeError('two identities have no history in common');
  const shared = Math.min(remembered.seq, presented.seq);
  // Each event names the digest of the one before it, so that equality at one place is equality of all before.
  if (remembered.events[shared]?.digest !== presented.events[shared]?.digest) return 'forks';
  if (presented.seq === remembered.seq) return 'same';
  return presented.seq > remembered.seq ? 'extends' : 'precedes';
}
