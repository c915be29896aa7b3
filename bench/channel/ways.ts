import {
  applyLoad,
  figure,
  interleave,
  ratioSpread,
  spreadOf,
  type CpuMeter,
  type LoadResult,
  type MeasureContext,
  type Spread,
} from '../../scripts/measure/index.ts';

const ROUNDS = 9;
const SECONDS = 0.7;

export interface WaysPlan<Way extends string> {
  readonly calls: Readonly<Record<Way, () => Promise<unknown>>>;
  readonly inFlight: number;
  /** Of both sides. */
  readonly meters: readonly CpuMeter[];
  /** What they are called: `calls`. */
  readonly unit: string;
}

/** What came of measuring some ways of making the same call in turn. */
export interface WaysMeasured<Way extends string> {
  /** Calls a second by one way to those by another. */
  readonly ratio: (way: Way, other: Way) => Spread;
}

/** Measures ways of making the same call in interleaved rounds that take about as long for each, and prints what they did. */
export async function measureWays<Way extends string>(
  { print }: MeasureContext,
  { calls, inFlight, meters, unit }: WaysPlan<Way>,
): Promise<WaysMeasured<Way>> {
  const ways = Object.keys(calls) as Way[];
  const loads = {} as Record<Way, () => Promise<LoadResult>>;
  for (const way of ways) {
    const run = calls[way];
    const operations = await calibrate(run, inFlight);
    loads[way] = () => applyLoad({ inFlight, operations, run, meters });
  }
  const results = await interleave(loads, { rounds: ROUNDS });
  print(`\n${inFlight} in flight (medians of ${ROUNDS} interleaved rounds)`);
  const width = Math.max(...ways.map((way) => way.length));
  for (const way of ways) print(`  ${way.padEnd(width)}  ${describe(results[way], unit)}`);
  const rates = (way: Way): readonly number[] => results[way].map(({ perSecond }) => perSecond);
  return {
    ratio: (way, other) => {
      const ratio = ratioSpread(rates(way), rates(other));
      const { median, lowerQuartile, upperQuartile } = ratio;
      print(`  ${way} to ${other}: ${figure(median)} (quartiles ${figure(lowerQuartile)} to ${figure(upperQuartile)})`);
      return ratio;
    },
  };
}

/** How many calls take about as long as a round should. */
async function calibrate(run: () => Promise<unknown>, inFlight: number): Promise<number> {
  const { perSecond } = await applyLoad({ inFlight, operations: inFlight * 50, run });
  return Math.max(inFlight, Math.ceil(perSecond * SECONDS));
}

function describe(results: readonly LoadResult[], unit: string): string {
  const median = (value: (result: LoadResult) => number): string => figure(spreadOf(results.map(value)).median);
  return [
    `${median(({ perSecond }) => perSecond)} ${unit}/s`,
    `p50 ${median(({ latency }) => latency(50))} ms`,
    `p99 ${median(({ latency }) => latency(99))} ms`,
    `CPU ${median(({ cpuPerOperation }) => cpuPerOperation)} µs each, both sides`,
  ].join(', ');
}
