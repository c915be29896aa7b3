import { policyJson as coreJson, type Policy } from '@themis-mesh/core';
import type { Field } from '../cli-command.ts';
import type { JsonValue } from './answer.ts';

/** A policy as `themis policy set --file` takes it. */
export function policyJson(policy: Policy): Readonly<Record<string, JsonValue>> {
  return coreJson(policy);
}

/** What several commands say of a policy. @param at where it stands, with its dot */
export function policyFields(at: string, absent?: string): readonly Field[] {
  const rule = `${at}rules[].`;
  const whereNot = (what: string): { readonly absent: string } => ({ absent: `where it says nothing of ${what}` });
  return [
    {
      ...{
        path: `${at}default`,
        type: 'text',
        meaning: 'What holds where no rule says anything: members, authenticated or deny-all',
      },
      ...(absent === undefined ? {} : { absent }),
    },
    { path: `${at}allow[]`, type: 'text', meaning: 'The services that may call', absent: 'where it names none' },
    { path: `${at}mode`, type: 'text', meaning: 'enforce or audit', absent: 'where it says neither: it is enforced' },
    { path: `${at}tolerate[]`, type: 'text', meaning: 'What is let through of ambiguous paths', absent: 'where that is nothing' },
    { path: `${rule}name`, type: 'text', meaning: 'The name of a rule', absent: 'where it has no rules' },
    { path: `${rule}action`, type: 'text', meaning: 'allow or deny', absent: 'where it has no rules' },
    { path: `${rule}mode`, type: 'text', meaning: 'enforce or audit', absent: 'where it says neither: it is enforced' },
    { path: `${rule}services[]`, type: 'text', meaning: 'Callers: NAME, or NAME.ALIAS', ...whereNot('them') },
    { path: `${rule}apps[]`, type: 'text', meaning: 'Apps of callers: an alias, or . for this one', ...whereNot('them') },
    { path: `${rule}labels.*`, type: 'text', meaning: 'What a caller’s labels must be', ...whereNot('labels') },
    { path: `${rule}ids[]`, type: 'text', meaning: 'Callers by identity', ...whereNot('them') },
    { path: `${rule}methods[]`, type: 'text', meaning: 'Methods', ...whereNot('methods') },
    { path: `${rule}paths[]`, type: 'text', meaning: 'Patterns of paths', ...whereNot('paths') },
    { path: `${rule}headers.*`, type: 'boolean', meaning: 'Whether a header must be present, or absent', ...whereNot('headers') },
    { path: `${rule}headers.*[]`, type: 'text', meaning: 'Values of a header', ...whereNot('headers') },
    { path: `${rule}ports[]`, type: 'number', meaning: 'Ports of the service', ...whereNot('ports') },
  ];
}
