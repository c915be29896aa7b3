import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { RenewFlags } from '../actions/renew.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';

export const renew: CliCommand = {
  command: buildCommand<RenewFlags, [], CliContext>({
    loader: async () => (await import('../actions/renew.ts')).renew,
    parameters: { flags: { home: homeFlag, json: jsonFlag } },
    docs: {
      brief: 'Sign the charter and the memberships here anew',
      customUsage: [''],
      fullDescription: lesson({
        what: `Signs the app's charter anew, so that it lasts 90 days from now; renews the memberships of the services in this home
that are more than half over; and tells the directory of all of it. Every other command of the owner does the same on
the way, so this is for an app in which nothing changes.`,
        examples: ['themis renew'],
      }),
    },
  }),
  fields: [
    ...appFields('app'),
    { path: 'memberships[]', type: 'text', meaning: 'The services whose memberships were renewed', absent: 'where none was due' },
    PUBLISHED_FIELD,
  ],
};
