import { memoryOf } from '../../scripts/measure/index.ts';
import type { Field } from './field.ts';
import type { MemoryRow } from './results.ts';

/** What each side holds in memory, after everything that it was made to carry. */
export function memoryRows({ runners }: Field): readonly MemoryRow[] {
  return runners
    .filter(({ contender }) => contender.kind !== 'direct')
    .map(({ contender: { name }, pair }) => ({ name, client: total(pair.client()), server: total(pair.server()) }));
}

function total(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + memoryOf(pid).resident, 0);
}
