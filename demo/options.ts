import { parseArgs } from 'node:util';
import { UsageError } from '../scripts/usage-error.ts';

export interface DemoOptions {
  /** Whether all goes on running after the table, to be explored. */
  readonly keep: boolean;
  /** Whether standard output holds the result as JSON, and nothing else. */
  readonly json: boolean;
  readonly help: boolean;
}

export const HELP = `npm start -- [--keep] [--json]

Runs the shop of examples/shop as a mesh on this machine, sends real traffic through it while its certificates change every
few seconds, lets intruders try their luck, removes a member, and ends with a table of what was seen. Takes about half a
minute. The exit code is 0 only if everything on the list at its end was seen.

  --keep   goes on running afterwards, to be explored with the command line, until Ctrl-C
  --json   prints the result as JSON on standard output, and what happens meanwhile on standard error
  --help   prints this`;

/** @throws UsageError */
export function readOptions(words: readonly string[]): DemoOptions {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({ args: [...words], options: { keep: flag, json: flag, help: { ...flag, short: 'h' } } });
    return values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}
