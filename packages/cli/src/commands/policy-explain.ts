import { buildCommand, numberParser } from '@stricli/core';
import { parseServiceName } from '@themis-mesh/storage';
import type { PolicyExplainFlags } from '../actions/policy-explain.ts';
import { lesson, type CliCommand, type Field } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, listFlag, textFlag } from '../flags.ts';

export const policyExplain: CliCommand = {
  command: buildCommand<PolicyExplainFlags, [string, string], CliContext>({
    loader: async () => (await import('../actions/policy-explain.ts')).policyExplain,
    parameters: {
      flags: {
        from: {
          kind: 'parsed',
          parse: String,
          placeholder: 'CALLER',
          brief: 'Who calls: NAME, NAME.ALIAS of an imported app, or an ID',
        },
        to: { kind: 'parsed', parse: parseServiceName, placeholder: 'NAME', brief: 'The service that is called' },
        header: listFlag('NAME=VALUE', 'A header of the request; may be repeated', true),
        port: { kind: 'parsed', parse: numberParser, optional: true, placeholder: 'PORT', brief: 'The port of the service' },
        file: textFlag('FILE', 'The service’s own policy (else the one that `themis up` runs it with)'),
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [
          { brief: 'The method', placeholder: 'METHOD', parse: String },
          { brief: 'The path', placeholder: 'PATH', parse: String },
        ],
      },
    },
    docs: {
      brief: 'Explain why a request is allowed or refused',
      customUsage: ['--from CALLER --to NAME METHOD PATH [--header NAME=VALUE]… [--port PORT] [--file FILE]'],
      fullDescription: lesson({
        what: `Says what the charter's policies and the service's own make of a request: which policy decides, by which rule and why;
and of each other rule, which of its conditions the request does not meet. A rule that fails by one is a near miss.

It ends with 0 where the request is allowed, and with 1 where it is refused.`,
        examples: [
          'themis policy explain --from web --to payments POST /charge',
          'themis policy explain --from web --to payments GET /report --header x-role=admin --file payments.yaml',
        ],
        next: 'themis policy replay, to hold a policy against what was asked so far.',
      }),
    },
  }),
  fields: fields(),
};

function fields(): readonly Field[] {
  return [
    { path: 'from', type: 'text', meaning: 'Who calls' },
    { path: 'to', type: 'text', meaning: 'The service that is called' },
    { path: 'method', type: 'text', meaning: 'The method' },
    { path: 'path', type: 'text', meaning: 'The path, as it was given' },
    { path: 'allowed', type: 'boolean', meaning: 'Whether the request is allowed' },
    { path: 'policy', type: 'text', meaning: 'The policy that decides' },
    {
      path: 'rule',
      type: 'text',
      meaning: 'Its rule: a name, allow, default; or path, method, headers, where those are ambiguous',
    },
    { path: 'canonical', type: 'text', meaning: 'The path that is judged and served' },
    { path: 'refusal', type: 'text', meaning: 'Why it is refused', absent: 'where it is allowed' },
    { path: 'audit.policy', type: 'text', meaning: 'The policy that would refuse it', absent: 'where none in audit mode would' },
    { path: 'audit.rule', type: 'text', meaning: 'Its rule', absent: 'where none in audit mode would' },
    { path: 'audit.because', type: 'text', meaning: 'Why', absent: 'where none in audit mode would' },
    { path: 'detail', type: 'text', meaning: 'What is ambiguous', absent: 'where nothing is' },
    { path: 'policies[].name', type: 'text', meaning: 'A policy in force' },
    { path: 'policies[].mode', type: 'text', meaning: 'enforce or audit' },
    { path: 'policies[].allowed', type: 'boolean', meaning: 'What it says by itself' },
    { path: 'policies[].decidedBy', type: 'text', meaning: 'By which rule' },
    { path: 'policies[].rules[].name', type: 'text', meaning: 'A rule', absent: 'where it has none' },
    { path: 'policies[].rules[].action', type: 'text', meaning: 'allow or deny', absent: 'where it has none' },
    { path: 'policies[].rules[].matches', type: 'boolean', meaning: 'Whether it matches', absent: 'where it has none' },
    {
      path: 'policies[].rules[].unmet[]',
      type: 'text',
      meaning: 'Conditions that the request does not meet',
      absent: 'where it matches',
    },
  ];
}
