import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import { jsonFlag, type JsonFlags } from '../flags.ts';

export const version: CliCommand = {
  command: buildCommand<JsonFlags, [], CliContext>({
    loader: async () => (await import('../actions/version.ts')).version,
    parameters: { flags: { json: jsonFlag } },
    docs: {
      brief: 'Print the versions',
      customUsage: [''],
      fullDescription: lesson({ what: 'Prints what runs here: for reports.', examples: ['themis version'] }),
    },
  }),
  fields: [
    { path: 'themis', type: 'text', meaning: 'The version of this command' },
    { path: 'node', type: 'text', meaning: 'Of Node.js' },
    { path: 'openssl', type: 'text', meaning: 'Of the OpenSSL inside it' },
    { path: 'platform', type: 'text', meaning: 'The operating system and processor' },
  ],
};
