import { buildCommand } from '@stricli/core';
import { Invite } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { JoinFlags, JoinSubject } from '../actions/join.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, nameFlag, spanFlag, textFlag } from '../flags.ts';

export const join: CliCommand = {
  command: buildCommand<JoinFlags, [JoinSubject?], CliContext>({
    loader: async () => (await import('../actions/join.ts')).join,
    parameters: {
      flags: {
        name: nameFlag('With an invite: the name to be called by (else the one in the invite)'),
        wait: spanFlag('With an invite: how long to wait for the owner, as 30m (else 10m)'),
        app: textFlag('ANCHOR', 'The app to join: its anchor file (from `themis anchor`), or its ID'),
        out: textFlag('FILE', 'Where the request goes (else NAME.join.json)'),
        accept: textFlag('FILE', 'Take the admission that the owner sent back'),
        recovery: textFlag('PATH', 'The file for the recovery keys of the service'),
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            brief: 'An invite, or - for one in the input; or, by files, the name',
            placeholder: 'INVITE',
            parse: parseSubject,
            optional: true,
          },
        ],
      },
    },
    docs: {
      brief: "Ask to be admitted, from another machine than the owner's",
      customUsage: [
        'INVITE|- [--name NAME] [--wait SPAN] [--recovery PATH]',
        'NAME --app ANCHOR|ID [--out FILE] [--recovery PATH]',
        '--accept FILE',
      ],
      fullDescription: lesson({
        what: `Joins an app whose owner works on another machine.

With an invite, from \`themis invite\`, all is done in one go: it makes the keys of the service here, asks at the owner's
door, and waits until the owner, or the token in the invite, says yes. Compare the words that are shown with those that the
owner sees. It may be stopped and run again at any time: it goes on with the same keys. An invite with a token in it is a
secret, and others on this machine can read a command's words: give it by the input then, with \`-\`.

Without a network between the two it goes by two files. The first call makes the keys of the service here,
and a request to carry to the owner; the second takes what the owner sends back. Neither file holds a secret, and
neither can be changed on its way without being refused.

What cannot be checked by itself is the app: get its anchor, or its ID, from the owner on a way that you trust. The
anchor file is the better one: with the ID alone, the first state of the app that is seen is believed.

A membership lasts 90 days. Join again in the same way, with the same home, before it ends.`,
        examples: [
          'themis join themis1.eyJhbmNob3Ii…',
          'themis join - --name orders < invite.txt',
          'themis join orders --app shop.anchor.json      here: makes orders.join.json',
          'themis admit orders.join.json                  at the owner: makes orders.admission.json',
          'themis join --accept orders.admission.json     here again',
        ],
      }),
    },
  }),
  fields: [
    { path: 'name', type: 'text', meaning: 'The name of the service' },
    { path: 'id', type: 'text', meaning: 'The ID of its identity: tell it to the owner, who compares it' },
    { path: 'app', type: 'text', meaning: 'The ID of the app' },
    { path: 'request', type: 'text', meaning: 'The file to carry to the owner', absent: 'with --accept, and with an invite' },
    {
      path: 'membershipExpires',
      type: 'time',
      meaning: 'Until when the membership is good',
      absent: 'where a request was written',
    },
    { path: 'charter', type: 'text', meaning: 'The sequence of the newest charter held', absent: 'where a request was written' },
  ],
};

function parseSubject(text: string): JoinSubject {
  return text === '-' || Invite.isMeant(text) ? { invite: text } : { name: parseServiceName(text) };
}
