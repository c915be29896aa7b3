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

/** Those behind `themis policy`. */
export const POLICY_COMMANDS: Readonly<Record<string, CliCommand>> = {
  show: policyShow,
  set: policySet,
  check: policyCheck,
  explain: policyExplain,
  replay: policyReplay,
};
