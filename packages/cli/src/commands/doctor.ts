import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { DoctorFlags } from '../actions/doctor.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag } from '../flags.ts';

const ALL_WELL = 'where all is well';

export const doctor: CliCommand = {
  command: buildCommand<DoctorFlags, [], CliContext>({
    loader: async () => (await import('../actions/doctor.ts')).doctor,
    parameters: { flags: { home: homeFlag, json: jsonFlag } },
    docs: {
      brief: 'Say what is wrong, and what to do about it',
      customUsage: [''],
      fullDescription: lesson({
        what: `Looks at everything that may be wrong: the environment; the modes, owners and contents of the files with keys; the
clock; what has ended or ends within 30 days; what the directory holds; whether each running instance can be reached
and is who it should be; what processes that died left behind; and proofs that keys are in two hands.

Each finding has a code and a remedy. An error keeps something from working, or from being safe; a warning will, or may.
It ends with 1 where there is an error.`,
        examples: ['themis doctor', 'themis doctor --json'],
      }),
    },
  }),
  fields: [
    { path: 'isWell', type: 'boolean', meaning: 'Whether there is no error' },
    { path: 'checks[].name', type: 'text', meaning: 'What was looked at' },
    { path: 'checks[].findings[].code', type: 'text', meaning: 'The code, of the list below or of an error', absent: ALL_WELL },
    { path: 'checks[].findings[].level', type: 'text', meaning: 'error or warning', absent: ALL_WELL },
    { path: 'checks[].findings[].what', type: 'text', meaning: 'What was found', absent: ALL_WELL },
    { path: 'checks[].findings[].remedy', type: 'text', meaning: 'What to do', absent: ALL_WELL },
  ],
};
