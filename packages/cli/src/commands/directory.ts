import { buildCommand } from '@stricli/core';
import type { DirectoryFlags } from '../actions/directory.ts';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag } from '../flags.ts';

export const directory: CliCommand = {
  command: buildCommand<DirectoryFlags, [string?], CliContext>({
    loader: async () => (await import('../actions/directory.ts')).directory,
    parameters: {
      flags: { home: homeFlag, json: jsonFlag },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'The folder to use from now on, or its address', placeholder: 'PATH', parse: String, optional: true },
        ],
      },
    },
    docs: {
      brief: 'Show which folder the directory is, or use another',
      customUsage: ['[PATH]'],
      fullDescription: lesson({
        what: `Shows the folder in which the records lie that this home's programs find each other by: by default one in the home.
With PATH that folder is used from now on, or what NATS keeps where PATH is an address, nats://HOST:PORT,HOST:PORT?creds=FILE
(docs/guides/nats.md); and what this home has is published there. Several homes may use one, as those of
two apps on one machine do that import each other; each app still signs for itself, and nothing in a directory is believed
unchecked.`,
        examples: ['themis directory', 'themis directory ../directory', 'themis directory nats://127.0.0.1:4222'],
        next: 'start the programs again that run.',
      }),
    },
  }),
  fields: [
    { path: 'directory', type: 'text', meaning: 'The folder, or the address' },
    { path: 'isInHome', type: 'boolean', meaning: 'Whether it is the one in the home' },
  ],
};
