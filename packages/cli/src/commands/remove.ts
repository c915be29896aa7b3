import { buildCommand } from '@stricli/core';
import { IdentityId, type ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { RemoveFlags } from '../actions/remove.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';

export const remove: CliCommand = {
  command: buildCommand<RemoveFlags, [ServiceName | IdentityId], CliContext>({
    loader: async () => (await import('../actions/remove.ts')).remove,
    parameters: {
      flags: { home: homeFlag, json: jsonFlag },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The service, by its name or ID', placeholder: 'NAME', parse: parseService }],
      },
    },
    docs: {
      brief: 'Remove a service from the app',
      customUsage: ['NAME|ID'],
      fullDescription: lesson({
        what: `Removes a service from the app. Whoever hears of it refuses the service from then on, also on connections that are
open: on this machine within two seconds.

It is for good: the identity is not admitted again. \`themis add\` makes a new one under the same name.`,
        examples: ['themis remove orders'],
        next: 'stop its program: it goes on running, alone.',
      }),
    },
  }),
  fields: [
    { path: 'name', type: 'text', meaning: 'The name that it had' },
    { path: 'id', type: 'text', meaning: 'The ID that is refused from now on' },
    ...appFields('app'),
    PUBLISHED_FIELD,
  ],
};

function parseService(text: string): ServiceName | IdentityId {
  return IdentityId.parse(text) ?? parseServiceName(text);
}
