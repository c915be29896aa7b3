import { ratioSpread } from '../../scripts/measure/index.ts';
import { bestOf, figuresOf, type Measure, type Row, type Section } from './results.ts';

/** A ratio to the best native pair, of each round's figures. */
export interface Ratio {
  readonly name: string;
  readonly to: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Each of ours against the best native pair. Empty where one of the two was not measured. */
export function ratiosOf(section: Section, measure: Measure): readonly Ratio[] {
  const best = bestOf(section, 'native', measure);
  if (best === undefined) return [];
  return section.rows
    .filter((row) => row.kind === 'ours' && row.samples.length === best.samples.length)
    .map((row) => ratio(row, best, measure));
}

function ratio(row: Row, best: Row, measure: Measure): Ratio {
  const { median, min, max } = ratioSpread(figuresOf(row, measure), figuresOf(best, measure));
  return { name: row.name, to: best.name, median, min, max };
}
