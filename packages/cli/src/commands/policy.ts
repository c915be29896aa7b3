import { buildCommand } from '@stricli/core';
import type { ServiceName } from '@themis-mesh/core';
import { parseServiceName } from '@themis-mesh/storage';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { PolicyShowFlags, PolicySetFlags } from '../actions/policy.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, parseTargetName, switchFlag, textFlag } from '../flags.ts';
import { appFields, PUBLISHED_FIELD } from '../output/app-json.ts';
import { policyFields } from '../output/policy-json.ts';

export const policyShow: CliCommand = {
  command: buildCommand<PolicyShowFlags, [], CliContext>({
    loader: async () => (await import('../actions/policy.ts')).policyShow,
    parameters: { flags: { home: homeFlag, json: jsonFlag } },
    docs: {
      brief: 'Show who may call which service',
      customUsage: [''],
      fullDescription: lesson({
        what: 'Shows what the charter says of who may call. Of a service that it says nothing of, every member of the app may.',
        examples: ['themis policy show'],
        next: 'themis policy set NAME, to change it.',
      }),
    },
  }),
  fields: [
    { path: 'policies[].name', type: 'text', meaning: 'What refusals call the policy' },
    { path: 'policies[].services[]', type: 'text', meaning: 'The services that it is for', absent: 'where it is for all' },
    ...policyFields('policies[].'),
  ],
};

export const policySet: CliCommand = {
  command: buildCommand<PolicySetFlags, [ServiceName], CliContext>({
    loader: async () => (await import('../actions/policy.ts')).policySet,
    parameters: {
      flags: {
        default: {
          kind: 'enum',
          values: ['members', 'authenticated', 'deny-all'],
          optional: true,
          brief: 'Who may besides those allowed (else, with --allow, deny-all)',
        },
        allow: {
          kind: 'parsed',
          parse: parseTargetName,
          variadic: ',',
          optional: true,
          placeholder: 'NAME',
          brief: 'Services that may call, with commas between them',
        },
        file: textFlag('FILE', 'A policy in YAML or JSON, with rules'),
        none: switchFlag('Say nothing more of it: every member may'),
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'The service that is called', placeholder: 'NAME', parse: parseServiceName }],
      },
    },
    docs: {
      brief: 'Say who may call a service',
      customUsage: ['NAME [--allow NAME,…] [--default WHO]', 'NAME --file FILE', 'NAME --none'],
      fullDescription: lesson({
        what: `Says in the charter who may call a service, in the place of what it said before. Running instances take it up by
themselves; connections of callers that may no more are closed.

  members         every member of this app, of no imported one
  authenticated   whoever proves an identity, of whatever app
  deny-all        nobody

A policy in a file has rules too: by method, path, header and more.`,
        examples: [
          'themis policy set payments --allow orders,refunds',
          'themis policy set invoices --allow web.shop',
          'themis policy set payments --default members',
          'themis policy set payments --file payments.yaml',
        ],
        next: 'themis policy check FILE and themis policy explain, before it is in force; docs/reference/policy.md.',
      }),
    },
  }),
  fields: [
    { path: 'name', type: 'text', meaning: 'The service' },
    ...policyFields('', 'with --none'),
    ...appFields('app'),
    PUBLISHED_FIELD,
  ],
};
