import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { InitFlags } from '../actions/init.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, nameFlag, textFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';

export const init: CliCommand = {
  command: buildCommand<InitFlags, [], CliContext>({
    loader: async () => (await import('../actions/init.ts')).init,
    parameters: {
      flags: {
        name: nameFlag('What you call the app'),
        recovery: textFlag('PATH', 'The file for the recovery keys: best on another medium'),
        directory: textFlag('PATH', 'The folder of the directory, where several apps share one (else in the home)'),
        home: homeFlag,
        json: jsonFlag,
      },
    },
    docs: {
      brief: "Make an app: its owner's keys and its ID",
      customUsage: ['[--name NAME] [--recovery PATH] [--directory PATH]'],
      fullDescription: lesson({
        what: `Makes an app, and a home for its keys and state. The app's ID follows from its keys and never changes, also when
the keys do: whoever knows the ID can check everything else.

Two kinds of keys are made. The operational keys sign who belongs to the app; they stay in the home. The recovery
keys do one thing: they change the operational keys, after a theft or a loss. Whoever has both kinds has the app,
so put the recovery keys somewhere else.

With THEMIS_PASSPHRASE_FILE set, keys are sealed with the passphrase in that file.`,
        examples: ['themis init --name shop --recovery /media/usb/shop-recovery.json'],
        next: 'themis add NAME, for the first service.',
      }),
    },
  }),
  fields: [
    ...appFields('app'),
    { path: 'app.name', type: 'text', meaning: 'What the app is called here', absent: 'without --name' },
    { path: 'home', type: 'text', meaning: 'The folder with keys and state' },
    { path: 'recovery', type: 'text', meaning: 'The file with the recovery keys' },
    { path: 'recoveryIsBeside', type: 'boolean', meaning: 'Whether the recovery keys lie in the same home as the others' },
    PUBLISHED_FIELD,
  ],
};
