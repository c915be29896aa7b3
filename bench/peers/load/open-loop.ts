import type { Entry, Stage } from '../contenders/contender.ts';
import { PATHS } from '../ground/origin.ts';
import { pathOf } from '../install/programs.ts';
import { requestText } from './request.ts';
import { runProgram } from './run-program.ts';

/** What an open loop saw. Latencies in milliseconds, each from when its request was due. */
export interface OpenLoopResult {
  /** Those that were answered well. */
  readonly requests: number;
  /** All others that were due. */
  readonly unanswered: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface OpenLoopPlan {
  readonly connections: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** Sends at a fixed rate whatever the answers do: `open-loop.c`. */
export async function openLoop({ programs }: Stage, entry: Entry, plan: OpenLoopPlan): Promise<OpenLoopResult> {
  const words = [entry.port, plan.connections, plan.rate, plan.seconds].map(String);
  return JSON.parse(await runProgram(pathOf(programs, 'open-loop'), words, requestText(entry, PATHS.small))) as OpenLoopResult;
}
