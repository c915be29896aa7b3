import type { History } from './history.ts';

/** How a presented history stands to the one remembered. */
export type Standing = 'same' | 'extends' | 'precedes' | 'forks';

/** Both must be histories of one identity. */
export function compareHistories(remembered: History, presented: History): Standing {
  const shared = Math.min(remembered.seq, presented.seq);
  // Every event names the digest of the one before it, so equal digests at one place mean equal events up to there.
  if (remembered.events[shared]?.digest !== presented.events[shared]?.digest) return 'forks';
  if (presented.seq === remembered.seq) return 'same';
  return presented.seq > remembered.seq ? 'extends' : 'precedes';
}
