import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { UpFlags } from '../actions/up.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, switchFlag, textFlag } from '../flags.ts';
import { logJsonFlag, verboseFlag } from '../log-flags.ts';

export const up: CliCommand = {
  command: buildCommand<UpFlags, [string?], CliContext>({
    loader: async () => (await import('../actions/up.ts')).up,
    parameters: {
      flags: {
        keepGoing: switchFlag('Let the others go on when one has died too often'),
        metrics: textFlag('HOST:PORT', 'Where the first sidecar answers /metrics, the next on the next port (0: any free ones)'),
        accessLog: textFlag('FILE|-', 'Where all sidecars write a line for each request'),
        logJson: logJsonFlag,
        verbose: verboseFlag,
        home: homeFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The services to run (else themis.yaml)', placeholder: 'FILE', parse: String, optional: true }],
      },
    },
    docs: {
      brief: 'Run all services of a themis.yaml',
      customUsage: ['[FILE] [--keep-going] [--metrics [HOST:]PORT] [--access-log FILE|-] [--log-json] [--verbose]'],
      fullDescription: lesson({
        what: `Starts the services that a file names, each behind a sidecar or in the mesh by itself, what others depend on first. Their
outputs come with their names before each line. What dies is started again, after a pause that grows; what dies six times
within a minute is not, and all are stopped. On SIGTERM or Ctrl-C all are stopped, the last started first.

Services that have no identity yet are added, where the owner's keys are in this home; where there is no home, one is made.
Nothing is started while anything in the file is wrong: all mistakes are told together.`,
        examples: ['themis up', 'themis up shop/themis.yaml --keep-going'],
        next: 'themis status, in another terminal; docs/reference/configuration.md for every key of the file.',
      }),
    },
  }),
};
