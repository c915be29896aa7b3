import { buildCommand } from '@stricli/core';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { NodeRunFlags } from '../actions/node-run.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, listFlag, textFlag } from '../flags.ts';
import { logJsonFlag, verboseFlag } from '../log-flags.ts';

export const nodeRun: CliCommand = {
  command: buildCommand<NodeRunFlags, [ServiceName], CliContext>({
    loader: async () => (await import('../actions/node-run.ts')).nodeRun,
    parameters: {
      flags: {
        listen: textFlag('HOST:PORT', 'Where others ask it (else 127.0.0.1:7400)'),
        advertise: textFlag('HOST', 'The host that others dial, where it is not the one listened on'),
        join: listFlag('HOST:PORT', 'Where other nodes are, with commas between them (else those met before)'),
        index: {
          kind: 'parsed',
          parse: parseIndex,
          optional: true,
          placeholder: 'NUMBER',
          brief: 'Which of the nodes that the charter allows it is (else 0)',
        },
        data: textFlag('PATH', 'Where it keeps its records (else a folder in the home)'),
        metrics: textFlag('HOST:PORT', 'Where /metrics is answered'),
        zone: textFlag('ZONE', 'Where this node is: instances of its zone are preferred in what it is asked for'),
        logJson: logJsonFlag,
        verbose: verboseFlag,
        home: homeFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The service that it is of', placeholder: 'NAME', parse: parseServiceName }],
      },
    },
    docs: {
      brief: 'Run a node of the directory',
      customUsage: [
        `NAME [--listen HOST:PORT] [--advertise HOST] [--join HOST:PORT,…] [--index NUMBER]
    [--data PATH] [--metrics HOST:PORT] [--zone ZONE] [--log-json] [--verbose]`,
      ],
      fullDescription: lesson({
        what: `Runs a node of the directory, until it is stopped: a process that keeps records for others and helps to find them. Any
number of nodes make one directory, and none of them is in charge. What a node says is believed by nobody without proof.

The first node of an app needs nobody to join. On SIGTERM or SIGINT it hands over what it keeps; a second signal waits for
nothing.`,
        examples: [
          'themis node run node-1 --listen 10.0.0.1:7400',
          'themis node run node-2 --listen 10.0.0.2:7400 --join 10.0.0.1:7400',
        ],
        next: 'docs/guides/nodes.md, for services on many machines.',
      }),
    },
  }),
};

function parseIndex(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) < 64) return Number(text);
  throw new ThemisError('THEMIS_USAGE', `${text}: a number from 0 to 63`);
}
