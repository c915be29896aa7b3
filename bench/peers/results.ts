import { spreadOf } from '../../scripts/measure/index.ts';
import type { Carries } from './contenders/contender.ts';

/** One round of one contender. Latencies in milliseconds, CPU in microseconds a unit, of each side. */
export interface Sample {
  /** Requests, connections or MB a second. */
  readonly perSecond: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly p999?: number;
  readonly clientCpu?: number;
  readonly serverCpu?: number;
  /** Requests that failed. */
  readonly errors: number;
  /** In an open loop: requests that were not answered in time, because the rate is too much. */
  readonly unanswered?: number;
}

/** `cpu` is that of both sides. */
export type Measure = Exclude<keyof Sample, 'errors' | 'unanswered'> | 'cpu';

/** One load on every contender that carries the same, in interleaved rounds. */
export interface Section {
  readonly load: 'closed' | 'open' | 'bulk' | 'connections';
  readonly carries: Carries | 'in process';
  /** Connections, or calls in flight; for an open loop requests a second. */
  readonly level: number;
  /** The release of Node.js, where all rows are of one. */
  readonly node?: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly name: string;
  readonly kind: 'direct' | 'native' | 'ours';
  /** One each round, in the same order for all rows. */
  readonly samples: readonly Sample[];
}

/** Bytes, after all loads. */
export interface MemoryRow {
  readonly name: string;
  readonly client: number;
  readonly server: number;
}

/** The figures of a measure, one a round. NaN where it was not measured. */
export function figuresOf({ samples }: Row, measure: Measure): readonly number[] {
  return samples.map((sample) => {
    if (measure === 'cpu') return (sample.clientCpu ?? NaN) + (sample.serverCpu ?? NaN);
    return sample[measure] ?? NaN;
  });
}

export function medianOf(row: Row, measure: Measure): number {
  const figures = figuresOf(row, measure);
  return figures.length === 0 || figures.some(Number.isNaN) ? NaN : spreadOf(figures).median;
}

/** More is better of a rate, less of all else. */
export function isBetter(measure: Measure, one: number, other: number): boolean {
  return measure === 'perSecond' ? one > other : one < other;
}

/** The row with the best median; undefined where no row of that kind was measured. */
export function bestOf({ rows }: Section, kind: Row['kind'], measure: Measure): Row | undefined {
  const measured = rows.filter((row) => row.kind === kind && !Number.isNaN(medianOf(row, measure)));
  return measured.reduce<Row | undefined>(
    (best, row) => (best !== undefined && !isBetter(measure, medianOf(row, measure), medianOf(best, measure)) ? best : row),
    undefined,
  );
}
