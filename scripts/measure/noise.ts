import { createHash } from 'node:crypto';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { figure } from './goal.ts';
import { spreadOf } from './spread.ts';

/**
 * One line on how quiet the machine is: the same work, done over and over, and how long it took. Figures that lie
 * closer together than that are not apart.
 */
export function describeNoise(): string {
  const { min, median, max } = spreadOf(Array.from({ length: 15 }, fixedWork));
  const range = `${figure(min)} to ${figure(max)} ms, median ${figure(median)}`;
  const machine = `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  const load = figure(loadavg()[0] ?? 0);
  return `noise: one fixed loop took ${range}; load average ${load}; ${machine}; Node.js ${process.version}`;
}

/** Milliseconds. */
function fixedWork(): number {
  const start = performance.now();
  let digest = Buffer.alloc(32);
  for (let step = 0; step < 4000; step++) digest = createHash('sha256').update(digest).digest();
  return performance.now() - start;
}
