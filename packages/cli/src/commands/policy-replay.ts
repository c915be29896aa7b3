import { buildCommand } from '@stricli/core';
import type { PolicyReplayFlags } from '../actions/policy-replay.ts';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import { homeFlag, jsonFlag, nameFlag } from '../flags.ts';

const NONE = 'where nothing would change';

export const policyReplay: CliCommand = {
  command: buildCommand<PolicyReplayFlags, [string], CliContext>({
    loader: async () => (await import('../actions/policy-replay.ts')).policyReplay,
    parameters: {
      flags: {
        policy: { kind: 'parsed', parse: String, placeholder: 'FILE', brief: 'The policy to try, in YAML or JSON' },
        to: nameFlag('Look at requests to this service alone'),
        home: homeFlag,
        json: jsonFlag,
      },
      positional: {
        kind: 'tuple',
        parameters: [{ brief: 'An access log in JSON lines; - for the input', placeholder: 'ACCESS_LOG', parse: String }],
      },
    },
    docs: {
      brief: 'Hold a policy against the requests of an access log',
      customUsage: ['ACCESS_LOG --policy FILE [--to NAME]'],
      fullDescription: lesson({
        what: `Judges the requests of an access log by a policy, as if it had been the only one, and enforced: which would be refused that
were carried out, and which allowed that a policy refused. The log holds no headers, so that what depends on them is told
apart. Labels of callers are taken from the charter, where there is a home.`,
        examples: ['themis policy replay payments-access.log --policy payments.yaml --to payments'],
        next: 'themis policy set NAME --file FILE, to put it in force.',
      }),
    },
  }),
  fields: [
    { path: 'lines', type: 'number', meaning: 'Lines that were read' },
    { path: 'judged', type: 'number', meaning: 'Requests that were judged' },
    { path: 'passedOver', type: 'number', meaning: 'Lines about something else' },
    { path: 'wouldBeRefused', type: 'number', meaning: 'Requests that were carried out, and would be refused' },
    { path: 'wouldBeAllowed', type: 'number', meaning: 'Requests that were refused, and would be allowed' },
    { path: 'unsure', type: 'number', meaning: 'Requests about which headers decide' },
    { path: 'leftOut', type: 'number', meaning: 'Changes that are not among the kinds below, of which there are too many' },
    { path: 'changes[].change', type: 'text', meaning: 'refused, allowed or unsure', absent: NONE },
    { path: 'changes[].caller', type: 'text', meaning: 'Who called', absent: NONE },
    { path: 'changes[].service', type: 'text', meaning: 'Whom', absent: NONE },
    { path: 'changes[].method', type: 'text', meaning: 'With which method', absent: 'for raw streams' },
    { path: 'changes[].path', type: 'text', meaning: 'With which path', absent: 'for raw streams' },
    { path: 'changes[].rule', type: 'text', meaning: 'The rule that decides', absent: NONE },
    { path: 'changes[].count', type: 'number', meaning: 'How many there were', absent: NONE },
  ],
};
