import type { Destination, Share } from '@themis-mesh/core';
import { matches, type CallRules } from './call-rules.ts';

/**
 * Where a request goes: by the first route that matches, else by its lot among the shares.
 *
 * @param chance random, 0 to below 1
 * @returns undefined for any instance of the service that was called
 */
export function destinationOf(
  { routes, split }: Pick<CallRules, 'routes' | 'split'>,
  headers: readonly string[],
  chance: number,
): Destination | undefined {
  return routes.find(({ match }) => matches(match, headers))?.to ?? drawShare(split, chance);
}

/** Each as often as its weight among all; none where all weigh nothing. */
export function drawShare(split: readonly Share[], chance: number): Share | undefined {
  let rest = chance * split.reduce((sum, { weight }) => sum + weight, 0);
  for (const share of split) {
    if (rest < share.weight) return share;
    rest -= share.weight;
  }
  return undefined;
}
