import { buildCommand } from '@stricli/core';
import { DOOR_PORT } from '../address.ts';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { AdmitFlags } from '../actions/admit.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, labelsFlag, switchFlag, textFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';
import { memberFields } from '../output/member-json.ts';

export const admit: CliCommand = {
  command: buildCommand<AdmitFlags, [string?], CliContext>({
    loader: async () => (await import('../actions/admit.ts')).admit,
    parameters: {
      flags: {
        out: textFlag('FILE', 'Where the admission goes (else NAME.admission.json)'),
        listen: {
          ...{ kind: 'parsed', parse: String, optional: true, inferEmpty: true, placeholder: 'HOST:PORT' },
          brief: `Open a door for those who join by an invite (at 0.0.0.0:${DOOR_PORT} where nothing follows)`,
        },
        autoToken: switchFlag('With --listen: admit who shows a one-time token, with nobody asked'),
        labels: labelsFlag,
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The request, made by `themis join`', placeholder: 'FILE', parse: String, optional: true }],
      },
    },
    docs: {
      brief: 'Admit a service of another machine',
      customUsage: ['FILE [--out FILE] [--labels NAME=VALUE,…]', '--listen [HOST:PORT] [--auto-token] [--labels NAME=VALUE,…]'],
      fullDescription: lesson({
        what: `Admits who signed a request, under the name that it asks for, and writes the admission to send back.

The request proves that its sender has the keys of the ID in it. That the ID is the one you expect, only you can know:
compare it with what you were told on another way.

With --listen no file is carried: it waits for those who run \`themis join INVITE\`, shows each with its name, its ID, the
same in words, and where it comes from, and asks. A member that asks again with the same keys gets a new membership at
once. With --auto-token who shows a token of \`themis invite NAME --token\` is admitted; without a terminal nobody else is.
It ends with Ctrl-C.`,
        examples: [
          'themis admit orders.join.json',
          'themis admit orders.join.json --labels zone=b --out orders.admission.json',
          'themis admit --listen',
          'themis admit --listen 192.0.2.7:7117 --auto-token',
        ],
        next: 'send the admission back; there: themis join --accept FILE.',
      }),
    },
  }),
  fields: [
    ...memberFields(),
    ...appFields('app'),
    {
      path: 'admission',
      type: 'text',
      meaning: 'The file to send back',
      absent: 'with --listen, which prints such an object on one line for each',
    },
    PUBLISHED_FIELD,
  ],
};
