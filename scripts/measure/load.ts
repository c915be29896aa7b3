import { performance } from 'node:perf_hooks';
import { ownCpu, type CpuMeter } from './cpu.ts';
import { percentileOf } from './spread.ts';

export interface LoadPlan {
  /** How many operations are under way at once: each starts when one ends. */
  readonly inFlight: number;
  readonly operations: number;
  /** One operation; `lane` counts from 0 to `inFlight` - 1. A rejection ends the load. */
  readonly run: (lane: number) => Promise<unknown>;
  /** The processes whose CPU time is counted; this one by default. */
  readonly meters?: readonly CpuMeter[];
}

export interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Microseconds of CPU time an operation, of all meters together. */
  readonly cpuPerOperation: number;
  /** Exact, in milliseconds. */
  readonly latency: (percent: number) => number;
}

/** Keeps a fixed number of operations under way (a closed loop) until all are done. */
export async function applyLoad({ inFlight, operations, run, meters = [ownCpu()] }: LoadPlan): Promise<LoadResult> {
  const latencies = new Float64Array(operations);
  let started = 0;
  const lane = async (index: number): Promise<void> => {
    while (started < operations) {
      const slot = started++;
      const start = performance.now();
      await run(index).catch(stop);
      latencies[slot] = performance.now() - start;
    }
  };

  const stop = (reason: unknown): never => {
    started = operations;
    throw reason;
  };

  const cpuBefore = total(meters);
  const before = performance.now();
  await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(index)));
  const seconds = (performance.now() - before) / 1000;
  const cpuPerOperation = (total(meters) - cpuBefore) / operations;

  latencies.sort();
  return {
    operations,
    seconds,
    perSecond: operations / seconds,
    cpuPerOperation,
    latency: (percent) => percentileOf(latencies, percent),
  };
}

function total(meters: readonly CpuMeter[]): number {
  return meters.reduce((sum, meter) => sum + meter(), 0);
}
