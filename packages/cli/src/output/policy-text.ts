import type { Policy } from '@themis-mesh/core';

/** What a policy says, in a few words. */
export function showPolicy({ default: fallback, allow }: Policy): string {
  if (allow.length === 0) return fallback === 'deny-all' ? 'nobody' : fallback;
  return fallback === 'deny-all' ? allow.join(', ') : `${allow.join(', ')}; ${fallback}`;
}
