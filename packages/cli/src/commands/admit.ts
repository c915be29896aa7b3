import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { AdmitFlags } from '../actions/admit.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, labelsFlag, textFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';
import { memberFields } from '../output/member-json.ts';

export const admit: CliCommand = {
  command: buildCommand<AdmitFlags, [string], CliContext>({
    loader: async () => (await import('../actions/admit.ts')).admit,
    parameters: {
      flags: {
        out: textFlag('FILE', 'Where the admission goes (else NAME.admission.json)'),
        labels: labelsFlag,
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The request, made by `themis join`', placeholder: 'FILE', parse: String }],
      },
    },
    docs: {
      brief: 'Admit a service of another machine',
      customUsage: ['FILE [--out FILE] [--labels NAME=VALUE,…]'],
      fullDescription: lesson({
        what: `Admits who signed a request, under the name that it asks for, and writes the admission to send back.

The request proves that its sender has the keys of the ID in it. That the ID is the one you expect, only you can know:
compare it with what you were told on another way.`,
        examples: ['themis admit orders.join.json', 'themis admit orders.join.json --labels zone=b --out orders.admission.json'],
        next: 'send the admission back; there: themis join --accept FILE.',
      }),
    },
  }),
  fields: [
    ...memberFields(),
    ...appFields('app'),
    { path: 'admission', type: 'text', meaning: 'The file to send back' },
    PUBLISHED_FIELD,
  ],
};
