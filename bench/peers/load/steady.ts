import type { Entry, Stage } from '../contenders/contender.ts';
import { PATHS } from '../ground/origin.ts';
import { pathOf } from '../install/programs.ts';
import { requestText } from './request.ts';
import { runProgram } from './run-program.ts';

/** What a load over open connections saw. Latencies in milliseconds. */
export interface SteadyResult {
  /** Those that were answered well. */
  readonly requests: number;
  /** Those that were answered otherwise, or whose connection broke. */
  readonly errors: number;
  /** In an open loop, those that were still waiting two seconds after the last was due: the rate is more than can be carried. */
  readonly unanswered: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface SteadyPlan {
  readonly connections: number;
  /** Requests a second, whatever the answers do; 0 for a closed loop, in which each answer brings the next request. */
  readonly rate: number;
  readonly seconds: number;
  /** Called when all connections are open and warm. */
  readonly onBegin: () => void;
}

/** Runs `steady.c`. @throws Error where a connection is not answered at all */
export async function steadyLoad({ programs }: Stage, entry: Entry, plan: SteadyPlan): Promise<SteadyResult> {
  const words = [entry.port, plan.connections, plan.rate, plan.seconds].map(String);
  const output = await runProgram(pathOf(programs, 'steady'), words, {
    input: requestText(entry, PATHS.small),
    onOutput: plan.onBegin,
  });
  return readSteady(output);
}

/** @param output of `steady.c` */
export function readSteady(output: string): SteadyResult {
  const line = output.split('\n').find((each) => each.startsWith('{'));
  if (!output.startsWith('begin\n') || line === undefined) throw new Error(`the load gave no figures: ${output.trim()}`);
  return JSON.parse(line) as SteadyResult;
}
