import { atLeast, atMost, type Goal } from '../../scripts/measure/index.ts';
import { ratiosOf } from '../peers/ratios.ts';
import type { Measure, Section } from '../peers/results.ts';
import { CATALOG } from './catalog.ts';

/** p99 of the open loop, against that of plain HTTP. */
const TAIL_BOUND = 1.1;

/** On the release of Node.js that does better: each contender against plain HTTP on the same release. */
export function inProcessGoals(sections: readonly Section[]): readonly Goal[] {
  return CATALOG.flatMap(({ name, bounds }) => {
    if (bounds === undefined) return [];
    const rates = Object.entries(bounds).flatMap(([level, bound]) => {
      const ratios = ratiosByRelease(sections, 'closed', Number(level), name, 'perSecond');
      const goal = `requests/s, ${name}, ${level} in flight, to plain HTTP`;
      return ratios.length === 0 || bound === undefined ? [] : [atLeast(goal, Math.max(...ratios), 'ratio', bound)];
    });
    const tails = ratiosByRelease(sections, 'open', 3000, name, 'p99');
    const tail = `p99 of an open loop, ${name}, 3000/s, to plain HTTP`;
    return [...rates, ...(tails.length === 0 ? [] : [atMost(tail, Math.min(...tails), 'ratio', TAIL_BOUND)])];
  });
}

/** One for each release. */
function ratiosByRelease(
  sections: readonly Section[],
  load: Section['load'],
  level: number,
  name: string,
  measure: Measure,
): readonly number[] {
  return sections
    .filter((section) => section.carries === 'in process' && section.load === load && section.level === level)
    .flatMap((section) => ratiosOf(section, measure).filter((ratio) => ratio.name === name))
    .map(({ median }) => median);
}
