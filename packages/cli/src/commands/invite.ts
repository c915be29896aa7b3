import { buildCommand } from '@stricli/core';
import type { ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import { DOOR_PORT } from '../address.ts';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { InviteFlags } from '../actions/invite.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, labelsFlag, listFlag, spanFlag, switchFlag } from '../flags.ts';

export const invite: CliCommand = {
  command: buildCommand<InviteFlags, [ServiceName?], CliContext>({
    loader: async () => (await import('../actions/invite.ts')).invite,
    parameters: {
      flags: {
        at: listFlag(
          'HOST:PORT',
          `Where \`themis admit --listen\` will be reached (else this machine's addresses, port ${DOOR_PORT})`,
        ),
        nodes: listFlag('HOST:PORT', 'Where nodes of the directory can be asked'),
        token: switchFlag('Put a one-time token for NAME in it, which admits with nobody asked'),
        expires: spanFlag('How long the token is good, as 30m, 1h or 7d (else 1h)'),
        labels: labelsFlag,
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'The name that the service is to have', placeholder: 'NAME', parse: parseServiceName, optional: true },
        ],
      },
    },
    docs: {
      brief: 'Print what another machine needs to join: one string',
      customUsage: ['[NAME] [--at HOST:PORT,…] [--nodes HOST:PORT,…]', 'NAME --token [--expires SPAN] [--labels NAME=VALUE,…]'],
      fullDescription: lesson({
        what: `Prints an invite: one string that says which app it is and how far it has come, where to ask for admission, and who
has to be there. Without a token it is no secret: what counts is that it arrives unchanged, and the owner is asked about
everybody who comes with it.

With --token whoever has it first is admitted under NAME, once, while \`themis admit --listen --auto-token\` runs. Send it as
you would send a password; the owner keeps only a digest of it.`,
        examples: ['themis invite orders', 'themis invite orders --at owner.example:7117 --token --expires 30m'],
        next: 'themis admit --listen here; on the other machine: themis join INVITE.',
      }),
    },
  }),
  fields: [
    { path: 'invite', type: 'text', meaning: 'What to hand on. A secret where `secret` says so' },
    { path: 'app', type: 'text', meaning: 'The ID of the app' },
    { path: 'words', type: 'text', meaning: 'That ID as words: the other machine shows them too' },
    { path: 'name', type: 'text', meaning: 'The name that it is for', absent: 'without NAME' },
    { path: 'doors[]', type: 'text', meaning: 'Where the other machine will ask, as host:port' },
    { path: 'secret', type: 'boolean', meaning: 'Whether there is a one-time token in it' },
    { path: 'expires', type: 'time', meaning: 'Until when the token is good', absent: 'without --token' },
  ],
};
