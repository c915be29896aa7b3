import { buildCommand } from '@stricli/core';
import { lesson, type CliCommand } from '../cli-command.ts';
import type { CliContext } from '../context.ts';
import { jsonFlag, type JsonFlags } from '../flags.ts';
import { policyFields } from '../output/policy-json.ts';

export const policyCheck: CliCommand = {
  command: buildCommand<JsonFlags, [string], CliContext>({
    loader: async () => (await import('../actions/policy-check.ts')).policyCheck,
    parameters: {
      flags: { json: jsonFlag },
      positional: { kind: 'tuple', parameters: [{ brief: 'The policy, in YAML or JSON', placeholder: 'FILE', parse: String }] },
    },
    docs: {
      brief: 'Check a policy in a file',
      customUsage: ['FILE'],
      fullDescription: lesson({
        what: `Reads a policy and shows its rules in the order in which they are asked. All mistakes are told together, each with its
line and column. What is sound, and perhaps not what was meant, is told as a doubt.`,
        examples: ['themis policy check payments.yaml'],
        next: 'themis policy explain, to see what it says of a request; docs/reference/policy.md for the language.',
      }),
    },
  }),
  fields: [
    ...policyFields(''),
    { path: 'doubts[]', type: 'text', meaning: 'What is perhaps not meant', absent: 'where there is none' },
  ],
};
