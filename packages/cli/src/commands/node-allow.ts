import { buildCommand } from '@stricli/core';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import { MOST_NODES } from '@themis-mesh/owner';
import { parseServiceName } from '@themis-mesh/storage';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { NodeAllowFlags } from '../actions/node-allow.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';

export const nodeAllow: CliCommand = {
  command: buildCommand<NodeAllowFlags, [ServiceName], CliContext>({
    loader: async () => (await import('../actions/node-allow.ts')).nodeAllow,
    parameters: {
      flags: {
        count: {
          kind: 'parsed',
          parse: parseCount,
          optional: true,
          placeholder: 'NUMBER',
          brief: `How many nodes, 0 to ${MOST_NODES} (else 1)`,
        },
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The service that runs them', placeholder: 'NAME', parse: parseServiceName }],
      },
    },
    docs: {
      brief: 'Say in the charter which service may run nodes',
      customUsage: ['NAME [--count NUMBER]'],
      fullDescription: lesson({
        what: `Says in the charter that a service may run nodes of the directory: long-lived processes that keep records for others.
Nobody else takes part, and where a node lies among the others follows from a salt that is drawn here: nobody chooses it.

With --count 0 it may run none any more.`,
        examples: ['themis node allow node-1', 'themis node allow node-1 --count 3'],
        next: 'themis node run NAME, on the machine that has its keys.',
      }),
    },
  }),
  fields: [
    { path: 'name', type: 'text', meaning: 'The service' },
    { path: 'id', type: 'text', meaning: 'Its ID' },
    { path: 'nodes', type: 'number', meaning: 'How many nodes it may run' },
    ...appFields('app'),
    PUBLISHED_FIELD,
  ],
};

function parseCount(text: string): number {
  const count = /^\d{1,2}$/.test(text) ? Number(text) : MOST_NODES + 1;
  if (count <= MOST_NODES) return count;
  throw new ThemisError('THEMIS_USAGE', `${text}: a number from 0 to ${MOST_NODES}`);
}
