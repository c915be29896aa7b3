import type { Entry, Stage } from '../contenders/contender.ts';
import { PATHS } from '../ground/origin.ts';
import { pathOf } from '../install/programs.ts';
import { requestText } from './request.ts';
import { runProgram } from './run-program.ts';

export interface BulkResult {
  readonly bytes: number;
  readonly seconds: number;
}

/** Reads one large answer: `bulk.c`. */
export async function bulk({ programs }: Stage, entry: Entry): Promise<BulkResult> {
  const request = requestText(entry, PATHS.bulk, { connection: 'close' });
  return JSON.parse(await runProgram(pathOf(programs, 'bulk'), [String(entry.port)], { input: request })) as BulkResult;
}
