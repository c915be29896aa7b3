import { createLog, type Log } from '@themis-mesh/agent';
import type { CliContext } from './context.ts';
import { switchFlag } from './flags.ts';

/** What every command takes that goes on until it is stopped. */
export interface LogFlags {
  readonly logJson?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

export const logJsonFlag: ReturnType<typeof switchFlag> = switchFlag('Log in JSON, a line each');

export const verboseFlag: ReturnType<typeof switchFlag> = switchFlag('Log more: renewed leaves, newer charters, failed dials');

/** A log to the error stream. */
export function openLog({ err, clock }: CliContext, { logJson, verbose }: LogFlags): Log {
  return createLog({
    format: logJson === true ? 'json' : 'human',
    level: verbose === true ? 'debug' : 'info',
    write: (line) => err.stream.write(line),
    now: () => new Date(clock.now()),
  });
}
