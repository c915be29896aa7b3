import { figure } from './goal.ts';

/** The middle of some figures, and how far they lie apart. */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly max: number;
}

/** @throws RangeError for no figures. */
export function spreadOf(values: Iterable<number>): Spread {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    min: percentileOf(sorted, 0),
    lowerQuartile: percentileOf(sorted, 25),
    median: medianOf(sorted),
    upperQuartile: percentileOf(sorted, 75),
    max: percentileOf(sorted, 100),
  };
}

/** `12.3 ms (quartiles 11.9 to 13, 20 rounds)` */
export function describeSpread(spread: Spread, unit: string): string {
  const { count, lowerQuartile, median, upperQuartile } = spread;
  return `${figure(median)} ${unit} (quartiles ${figure(lowerQuartile)} to ${figure(upperQuartile)}, ${count} rounds)`;
}

/**
 * Figures of two variants that were measured in turn, divided round by round: what slowed both down in one round
 * cancels out.
 *
 * @throws RangeError where the numbers of rounds differ.
 */
export function ratioSpread(numerators: readonly number[], denominators: readonly number[]): Spread {
  if (numerators.length !== denominators.length) throw new RangeError('both variants are measured in the same rounds');
  return spreadOf(numerators.map((numerator, round) => numerator / (denominators[round] ?? Number.NaN)));
}

/**
 * The exact percentile by nearest rank: the smallest figure that at least that share of all does not exceed.
 *
 * @param sorted ascending
 * @param percent 0 to 100
 * @throws RangeError for no figures, or a share out of range
 */
export function percentileOf(sorted: Float64Array, percent: number): number {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`${percent} is no percentage`);
  const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100));
  const value = sorted[rank - 1];
  if (value === undefined) throw new RangeError('there is no percentile of nothing');
  return value;
}

function medianOf(sorted: Float64Array): number {
  const middle = sorted.length / 2;
  // The same one twice for an odd number.
  const lower = sorted[Math.ceil(middle) - 1];
  const upper = sorted[Math.floor(middle)];
  if (lower === undefined || upper === undefined) throw new RangeError('there is no median of nothing');
  return (lower + upper) / 2;
}
