/** When a leaf was made and when it ends. Seconds since 1970. */
export interface LeafLife {
  readonly issuedAt: number;
  readonly notAfter: number;
}

/**
 * When to renew a leaf: at half of its life, give or take a tenth, so that instances started together do not renew together;
 * after failures, at shrinking fractions of what is left, but no sooner than a second from now.
 *
 * @param failures how many attempts have failed since the last success
 * @param chance 0 to 1, random
 * @returns seconds since 1970, not before `now`
 */
export function planRenewal({ issuedAt, notAfter }: LeafLife, failures: number, chance: number, now: number): number {
  if (failures === 0) return Math.max(now, issuedAt + (notAfter - issuedAt) * (0.4 + 0.2 * chance));
  const left = Math.max(0, notAfter - now);
  const wait = Math.min(2 ** Math.min(failures, 10), left / 4, 300);
  return now + Math.max(1, wait * (0.5 + 0.5 * chance));
}
