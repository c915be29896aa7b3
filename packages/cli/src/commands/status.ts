import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { StatusFlags } from '../actions/status.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag } from '../flags.ts';
import { appFields } from '../output/app-json.ts';
import { UP_FIELDS } from '../output/up-status.ts';

const ELSEWHERE = 'where its keys are elsewhere';
const NO_INSTANCE = 'where no instance runs';
const NO_IMPORT = 'where no app is imported';
const UNSEEN = 'where nothing was heard of it';
const NO_SERVICE = 'where there is no service';

export const status: CliCommand = {
  command: buildCommand<StatusFlags, [], CliContext>({
    loader: async () => (await import('../actions/status.ts')).status,
    parameters: { flags: { home: homeFlag, json: jsonFlag } },
    docs: {
      brief: 'Show the app, its services, and until when all is good',
      customUsage: [''],
      fullDescription: lesson({
        what: `Shows the app that this home is for and the charter that it holds; and each service: whether its keys are here,
whether it is admitted and until when, who may call it, and how many of its instances run.
The apps that it imports are shown with their services. Where \`themis up\` runs, its processes and ports are shown too.

  member      admitted by the charter
  waiting     its keys are here, and the owner has not admitted it yet
  removed     its keys are here, and the app refuses them`,
        examples: ['themis status', 'themis status --json'],
        next: 'themis doctor, where something is wrong.',
      }),
    },
  }),
  fields: [
    { path: 'home', type: 'text', meaning: 'The folder with keys and state' },
    ...appFields('app'),
    { path: 'app.name', type: 'text', meaning: 'What the app is called here', absent: 'where it has no name' },
    { path: 'isOwner', type: 'boolean', meaning: "Whether the keys of the app's owner are here" },
    { path: 'directory', type: 'text', meaning: 'answers or unavailable' },
    { path: 'services[].name', type: 'text', meaning: 'The name', absent: NO_SERVICE },
    { path: 'services[].id', type: 'text', meaning: 'The ID of its identity', absent: NO_SERVICE },
    { path: 'services[].standing', type: 'text', meaning: 'member, waiting or removed', absent: NO_SERVICE },
    { path: 'services[].isHere', type: 'boolean', meaning: 'Whether its keys are in this home', absent: NO_SERVICE },
    { path: 'services[].isSealed', type: 'boolean', meaning: 'Whether a passphrase seals them', absent: ELSEWHERE },
    { path: 'services[].keySequence', type: 'number', meaning: 'How many times its keys were changed', absent: NO_SERVICE },
    { path: 'services[].labels.*', type: 'text', meaning: 'Its labels', absent: 'where it has none' },
    {
      path: 'services[].membershipExpires',
      type: 'time',
      meaning: 'Until when the membership here is good',
      absent: 'where its keys are elsewhere, or it was not admitted',
    },
    { path: 'services[].mayCall', type: 'text', meaning: 'Who may call it, in words', absent: NO_SERVICE },
    { path: 'services[].instances', type: 'number', meaning: 'How many of them run', absent: 'where nobody can be asked' },
    { path: 'services[].leafLife', type: 'number', meaning: 'How long their certificates live, in seconds', absent: NO_INSTANCE },
    { path: 'imports[].alias', type: 'text', meaning: 'What this app calls another one', absent: NO_IMPORT },
    { path: 'imports[].id', type: 'text', meaning: 'The ID of that app', absent: NO_IMPORT },
    {
      path: 'imports[].keySequence',
      type: 'number',
      meaning: 'The least sequence of its keys that is believed',
      absent: NO_IMPORT,
    },
    { path: 'imports[].isSeen', type: 'boolean', meaning: 'Whether its charter is known here', absent: NO_IMPORT },
    {
      path: 'imports[].charter.sequence',
      type: 'text',
      meaning: 'Of its newest charter: key sequence, dot, number',
      absent: UNSEEN,
    },
    { path: 'imports[].charter.issued', type: 'time', meaning: 'When that was signed', absent: UNSEEN },
    { path: 'imports[].charter.expires', type: 'time', meaning: 'Until when newcomers are known by it', absent: UNSEEN },
    { path: 'imports[].services[]', type: 'text', meaning: 'The names of its services', absent: UNSEEN },
    ...UP_FIELDS,
  ],
};
