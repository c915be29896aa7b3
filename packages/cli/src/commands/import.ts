import { buildCommand } from '@stricli/core';
import type { ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import type { ImportFlags } from '../actions/import.ts';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, switchFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';

export const importOther: CliCommand = {
  command: buildCommand<ImportFlags, [ServiceName, string?], CliContext>({
    loader: async () => (await import('../actions/import.ts')).importOther,
    parameters: {
      flags: { remove: switchFlag('Make the app unknown again'), home: homeFlag, json: jsonFlag },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'What this app calls the other one', placeholder: 'ALIAS', parse: parseServiceName },
          {
            brief: 'What `themis anchor` prints there: the file with it, its text, or the ID alone',
            placeholder: 'ANCHOR',
            parse: String,
            optional: true,
          },
        ],
      },
    },
    docs: {
      brief: 'Know another app under a name of your own',
      customUsage: ['ALIAS ANCHOR', '--remove ALIAS'],
      fullDescription: lesson({
        what: `Makes another app known to this one. Its service \`invoices\` is \`invoices.ALIAS\` here, as the host of a request and as
a caller in policies; its members are never taken for own ones of the same name. Nobody of it may call anything before a
policy says so. Doing it again moves on what is pinned.

The directory of this home must hold the charter of the other app: on one machine two homes share one, see
\`themis directory\`.

With --remove its members are strangers again. Open connections with them are closed, on this machine within two seconds, and
what policies of the charter grant to them is taken out.`,
        examples: ['themis import billing billing.anchor.json', 'themis import --remove billing'],
        next: 'in the other app: themis import ALIAS ANCHOR, with what themis anchor prints here.',
      }),
    },
  }),
  fields: [
    { path: 'alias', type: 'text', meaning: 'What this app calls the other one' },
    { path: 'id', type: 'text', meaning: 'The ID of the other app' },
    { path: 'keySequence', type: 'number', meaning: 'The least sequence of its keys that is believed' },
    { path: 'isSeen', type: 'boolean', meaning: 'Whether its charter is known here' },
    ...appFields('app'),
    PUBLISHED_FIELD,
  ],
};
