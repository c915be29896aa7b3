import { createLog, type Log } from '@themis-mesh/agent';
import type { CliContext } from './context.ts';
import type { LogFlags } from './log-flags.ts';

/** A log to the error stream. */
export function openLog({ err, clock }: CliContext, { logJson, verbose }: LogFlags): Log {
  return createLog({
    format: logJson === true ? 'json' : 'human',
    level: verbose === true ? 'debug' : 'info',
    write: (line) => err.stream.write(line),
    now: () => new Date(clock.now()),
  });
}
