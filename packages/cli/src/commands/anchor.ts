import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { AnchorFlags } from '../actions/anchor.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, textFlag } from '../flags.ts';

export const anchor: CliCommand = {
  command: buildCommand<AnchorFlags, [], CliContext>({
    loader: async () => (await import('../actions/anchor.ts')).anchor,
    parameters: { flags: { out: textFlag('FILE', 'Write it there, not to the output'), home: homeFlag } },
    docs: {
      brief: 'Print what others pin of the app',
      customUsage: ['[--out FILE]'],
      fullDescription: lesson({
        what: `Prints the app's anchor: its ID, and how far the app has come by now. Who joins or imports with it believes
nothing that is older. It is no secret; what counts is that it arrives unchanged.`,
        examples: ['themis anchor --out shop.anchor.json'],
        next: 'on the other machine: themis join NAME --app FILE; in another app: themis import shop FILE.',
      }),
    },
  }),
  fields: [
    { path: 'app', type: 'text', meaning: 'The ID of the app' },
    { path: 'checkpoint.key', type: 'number', meaning: 'Its key sequence' },
    { path: 'checkpoint.event', type: 'text', meaning: 'The digest of the event that made those keys' },
    { path: 'checkpoint.charter[]', type: 'number', meaning: 'The sequence of its charter: key sequence and number' },
    { path: 'checkpoint.digest', type: 'text', meaning: 'The digest of that charter' },
  ],
};
