import type { CliCommand } from '../cli-command.ts';
import { add } from './add.ts';
import { admit } from './admit.ts';
import { anchor } from './anchor.ts';
import { completion } from './completion.ts';
import { init } from './init.ts';
import { join } from './join.ts';
import { policySet, policyShow } from './policy.ts';
import { remove } from './remove.ts';
import { renew } from './renew.ts';
import { version } from './version.ts';

/** Every command of one word, in the order of its help. */
export const COMMANDS: Readonly<Record<string, CliCommand>> = {
  init,
  add,
  remove,
  renew,
  anchor,
  join,
  admit,
  completion,
  version,
};

/** The words at the beginning that name a command. */
export function commandWords([first = '', second = '']: readonly string[]): readonly string[] {
  if (first === 'policy') return Object.hasOwn(POLICY_COMMANDS, second) ? [first, second] : [first];
  return Object.hasOwn(COMMANDS, first) ? [first] : [];
}

/** Those behind `themis policy`. */
export const POLICY_COMMANDS: Readonly<Record<string, CliCommand>> = { show: policyShow, set: policySet };
