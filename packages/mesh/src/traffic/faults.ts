import type { Fault } from '@themis-mesh/core';
import { matches } from './call-rules.ts';

/** What is to go wrong with a request. */
export interface Harm {
  readonly delayMs: number;
  /** Answered in the place of the service. */
  readonly status: number | undefined;
}

/**
 * Of those that match, each has its own lot; delays add up, and the first status is the answer.
 *
 * @param chance random, 0 to below 1; asked once for each that matches
 */
export function harmOf(faults: readonly Fault[], headers: readonly string[], chance: () => number): Harm | undefined {
  let harm: Harm | undefined;
  for (const { match, percent, delayMs = 0, status } of faults) {
    if (match !== undefined && !matches(match, headers)) continue;
    if (chance() * 100 >= percent) continue;
    harm = { delayMs: (harm?.delayMs ?? 0) + delayMs, status: harm?.status ?? status };
  }
  return harm;
}
