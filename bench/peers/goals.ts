import { atLeast, atMost, type Goal } from '../../scripts/measure/index.ts';
import { ratiosOf } from './ratios.ts';
import { bestOf, isBetter, type Measure, type Section } from './results.ts';

/** What one section is held to: our better release against the best native pair of the same rounds. */
interface Bound {
  readonly load: Section['load'];
  readonly carries: Section['carries'];
  readonly level: number;
  readonly measure: Measure;
  readonly bound: number;
  readonly what: string;
}

const BOUNDS: readonly Bound[] = [
  ...(
    [
      [1, 0.8],
      [16, 1],
      [64, 1.1],
    ] as const
  ).map(([level, bound]) => tcp('closed', level, 'perSecond', bound, 'requests/s')),
  tcp('closed', 64, 'cpu', 0.75, 'CPU a request of both sides'),
  tcp('open', 4000, 'p99', 1.2, 'p99 of an open loop'),
  tcp('bulk', 1, 'perSecond', 1, 'MB/s of one stream'),
  ...([16, 64] as const).map((level) => ({ ...tcp('closed', level, 'perSecond', 0.6, 'requests/s'), carries: 'http' as const })),
];

function tcp(load: Section['load'], level: number, measure: Measure, bound: number, what: string): Bound {
  return { load, carries: 'tcp', level, measure, bound, what };
}

export function goalsOf(sections: readonly Section[]): readonly Goal[] {
  return [...BOUNDS.flatMap((bound) => goalOf(bound, sections)), ...lossesOf(sections)];
}

/** None where the section was not asked for, or no native pair is there to be compared with. */
function goalOf({ load, carries, level, measure, bound, what }: Bound, sections: readonly Section[]): readonly Goal[] {
  const section = sections.find((each) => each.load === load && each.carries === carries && each.level === level);
  if (section === undefined || bestOf(section, 'native', measure) === undefined) return [];
  const ratios = ratiosOf(section, measure).map(({ median }) => median);
  const at = load === 'open' ? `${level}/s` : `${level} connection${level === 1 ? '' : 's'}`;
  const goal = `${what}, sidecar pair as ${carries}, ${at}, to the best native pair`;
  // One of ours that does not get through a section has failed it.
  if (ratios.length === 0) return [atLeast(`${goal}: ours did not finish`, 0, 'ratio', 1)];
  const ours = ratios.reduce((best, each) => (isBetter(measure, each, best) ? each : best));
  return [measure === 'perSecond' ? atLeast(goal, ours, 'ratio', bound) : atMost(goal, ours, 'ratio', bound)];
}

function lossesOf(sections: readonly Section[]): readonly Goal[] {
  const samples = sections.flatMap(({ rows }) => rows.filter(({ kind }) => kind === 'ours').flatMap((row) => row.samples));
  if (samples.length === 0) return [];
  const lost = samples.reduce((sum, { errors }) => sum + errors, 0);
  return [atMost('requests through our sidecars that failed, all loads', lost, 'requests', 0)];
}
