import { buildCommand } from '@stricli/core';
import type { TargetName } from '@themis-mesh/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CallFlags } from '../actions/call.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, nameFlag, parseTargetName, secondsFlag, switchFlag, textFlag } from '../flags.ts';

export const call: CliCommand = {
  command: buildCommand<CallFlags, [TargetName, string], CliContext>({
    loader: async () => (await import('../actions/call.ts')).call,
    parameters: {
      flags: {
        as: nameFlag('Call as this service, whose keys are here (else the only one)'),
        request: textFlag('METHOD', 'The method (else GET, with --data POST)'),
        header: {
          kind: 'parsed',
          parse: String,
          variadic: true,
          optional: true,
          placeholder: 'LINE',
          brief: 'A header, as `name: value`',
        },
        data: textFlag('DATA', 'The body; @FILE for that of a file, @- for the input'),
        include: switchFlag('Print the head of the answer too'),
        fail: switchFlag('End with 1 where the status is 400 or more'),
        timeout: secondsFlag('Give up after that many seconds'),
        home: homeFlag,
      },
      aliases: { X: 'request', H: 'header', d: 'data', i: 'include', f: 'fail' },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'The service to call', placeholder: 'NAME', parse: parseTargetName },
          { brief: 'The path, and the query', placeholder: 'PATH', parse: String },
        ],
      },
    },
    docs: {
      brief: 'Call a service through the mesh, as curl would',
      customUsage: ['NAME PATH [--as NAME] [-X METHOD] [-H LINE]… [-d DATA] [-i] [-f] [--timeout SECONDS]'],
      fullDescription: lesson({
        what: `Calls a service over mutual TLS, as one of the services whose keys are here, and prints what it answers. Redirects are
not followed. On a terminal, control characters in the answer are shown as escapes; into a file or a pipe it goes as it is.

It ends with 0 where the service answered, whatever its status; with --fail, with 1 for a status of 400 or more; and
with 1 where no answer came: nobody runs, we were refused, or they were.`,
        examples: [
          'themis call payments /health --as orders',
          "themis call payments /charge --as orders -d '{\"amount\":5}' -H 'content-type: application/json'",
          'themis call files /report.pdf --as orders > report.pdf',
        ],
        next: 'themis cert NAME, where it is refused.',
      }),
    },
  }),
};
