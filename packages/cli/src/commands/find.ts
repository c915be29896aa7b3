import { buildCommand } from '@stricli/core';
import type { TargetName } from '@themis-mesh/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { FindFlags } from '../actions/find.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, parseTargetName } from '../flags.ts';

const NO_INSTANCE = 'where no instance runs';

export const find: CliCommand = {
  command: buildCommand<FindFlags, [TargetName], CliContext>({
    loader: async () => (await import('../actions/find.ts')).find,
    parameters: {
      flags: { home: homeFlag, json: jsonFlag },
      positional: { kind: 'tuple', parameters: [{ brief: 'The service', placeholder: 'NAME', parse: parseTargetName }] },
    },
    docs: {
      brief: 'Show where the instances of a service are',
      customUsage: ['NAME'],
      fullDescription: lesson({
        what: `Shows the running instances of a service as the directory knows them: where they listen, what they speak, and until
when their certificates are good. Each instance signs its own record and refreshes it every 20 seconds; a record that is
not refreshed ends after 60. Of an imported app a service is named with its alias behind a dot.`,
        examples: ['themis find payments', 'themis find invoices.billing', 'themis find payments --json'],
        next: 'themis cert NAME, to see what an instance presents.',
      }),
    },
  }),
  fields: [
    { path: 'name', type: 'text', meaning: 'The service' },
    { path: 'app', type: 'text', meaning: 'The ID of the app whose service it is' },
    { path: 'id', type: 'text', meaning: 'The ID of its identity' },
    { path: 'stale', type: 'boolean', meaning: 'Whether this was seen before, because the directory has nothing as new' },
    { path: 'instances[].instance', type: 'text', meaning: 'The name of the instance', absent: NO_INSTANCE },
    { path: 'instances[].endpoints[].host', type: 'text', meaning: 'Where it listens', absent: NO_INSTANCE },
    { path: 'instances[].endpoints[].port', type: 'number', meaning: 'Where it listens', absent: NO_INSTANCE },
    { path: 'instances[].endpoints[].protocols[]', type: 'text', meaning: 'What it speaks: ALPN names', absent: NO_INSTANCE },
    { path: 'instances[].zone', type: 'text', meaning: 'Its zone', absent: 'where it is in none' },
    { path: 'instances[].refreshed', type: 'time', meaning: 'When it said so last', absent: NO_INSTANCE },
    { path: 'instances[].expires', type: 'time', meaning: 'When the record ends unless it is refreshed', absent: NO_INSTANCE },
    { path: 'instances[].leaf.serial', type: 'text', meaning: 'The serial number of its certificate', absent: NO_INSTANCE },
    { path: 'instances[].leaf.notBefore', type: 'time', meaning: 'When its certificate begins', absent: NO_INSTANCE },
    { path: 'instances[].leaf.notAfter', type: 'time', meaning: 'When its certificate ends', absent: NO_INSTANCE },
  ],
};
