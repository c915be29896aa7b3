/** How long is waited after the first death. Milliseconds. */
const FIRST_MS = 250;

/** How long is waited at most. Milliseconds. */
const LONGEST_MS = 30_000;

/** The span in which deaths are counted. Milliseconds. */
export const DEATHS_WITHIN_MS = 60_000;

/** After so many deaths in that span a program is not started any more. */
export const MOST_DEATHS = 6;

/**
 * What comes of a program that has died again.
 *
 * @param deaths when it died, in milliseconds, this time included
 * @param chance random, 0 to 1: keeps programs that died together from starting together, over and over
 * @returns how long to wait before the next start, in milliseconds; undefined for no more
 */
export function backOff(deaths: readonly number[], now: number, chance: number): number | undefined {
  const recent = deaths.filter((at) => now - at < DEATHS_WITHIN_MS).length;
  if (recent >= MOST_DEATHS) return undefined;
  const longest = Math.min(FIRST_MS * 2 ** Math.max(0, recent - 1), LONGEST_MS);
  return longest / 2 + (longest / 2) * chance;
}
