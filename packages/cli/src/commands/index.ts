import type { CliCommand } from '../cli-command.ts';
import { add } from './add.ts';
import { admit } from './admit.ts';
import { anchor } from './anchor.ts';
import { call } from './call.ts';
import { cert } from './cert.ts';
import { completion } from './completion.ts';
import { directory } from './directory.ts';
import { doctor } from './doctor.ts';
import { find } from './find.ts';
import { importOther } from './import.ts';
import { init } from './init.ts';
import { invite } from './invite.ts';
import { join } from './join.ts';
import { nodeAllow } from './node-allow.ts';
import { nodeRun } from './node-run.ts';
import { policyCheck } from './policy-check.ts';
import { policyExplain } from './policy-explain.ts';
import { policyReplay } from './policy-replay.ts';
import { policySet, policyShow } from './policy.ts';
import { remove } from './remove.ts';
import { renew } from './renew.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { up } from './up.ts';
import { version } from './version.ts';

/** Commands whose first words are one. */
export interface CommandGroup {
  readonly brief: string;
  readonly commands: Readonly<Record<string, CliCommand>>;
}

/** Every command of one word, in the order of its help. */
export const COMMANDS: Readonly<Record<string, CliCommand>> = {
  init,
  add,
  remove,
  renew,
  anchor,
  import: importOther,
  directory,
  invite,
  join,
  admit,
  run,
  up,
  call,
  find,
  status,
  cert,
  doctor,
  completion,
  version,
};

/** Commands of two words, by the first of them. */
export const GROUPS: Readonly<Record<string, CommandGroup>> = {
  policy: {
    brief: 'Say who may call a service',
    commands: { show: policyShow, set: policySet, check: policyCheck, explain: policyExplain, replay: policyReplay },
  },
  node: {
    brief: 'Run a node of the directory, for services on many machines',
    commands: { allow: nodeAllow, run: nodeRun },
  },
};

/** Every command, by its words behind `themis`. */
export const EVERY_COMMAND: ReadonlyMap<string, CliCommand> = new Map([
  ...Object.entries(COMMANDS),
  ...Object.entries(GROUPS).flatMap(([first, { commands }]) =>
    Object.entries(commands).map(([second, command]) => [`${first} ${second}`, command] as const),
  ),
]);
