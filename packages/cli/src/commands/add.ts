import { buildCommand } from '@stricli/core';
import type { ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { AddFlags } from '../actions/add.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, labelsFlag, textFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';
import { memberFields } from '../output/member-json.ts';

export const add: CliCommand = {
  command: buildCommand<AddFlags, [ServiceName, ...ServiceName[]], CliContext>({
    loader: async () => (await import('../actions/add.ts')).add,
    parameters: {
      flags: {
        labels: labelsFlag,
        recovery: textFlag('PATH', 'The file for the recovery keys of the service'),
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'array',
        parameter: { brief: 'The name that others call it by', placeholder: 'NAME', parse: parseServiceName },
        minimum: 1,
      },
    },
    docs: {
      brief: 'Make services and admit them, on this machine',
      customUsage: ['NAME… [--labels NAME=VALUE,…] [--recovery PATH]'],
      fullDescription: lesson({
        what: `Makes the keys of a service, and admits it to the app: from now on its instances, on this machine, may call the
others and be called by them. For a service on another machine, where this home is not, see \`themis join\`.

Several names make several services by one charter; where one of them cannot be had, none is made.

A service that was removed comes back as a new identity; the keys of the old one are put aside.`,
        examples: ['themis add orders', 'themis add web payments db', 'themis add payments --labels team=money,tier=1'],
        next: 'themis run NAME --port PORT -- COMMAND, to run a program as an instance of it.',
      }),
    },
  }),
  fields: [
    ...memberFields('services[].'),
    {
      path: 'services[].setAside',
      type: 'text',
      meaning: 'Where the keys of a removed service were put',
      absent: 'where there was none',
    },
    ...appFields('app'),
    PUBLISHED_FIELD,
  ],
};
