import { CHARTER_ALONE, policyText, showMistake } from '@themis-mesh/agent';
import { ThemisError, type Policy, type Rule } from '@themis-mesh/core';
import { readCarried } from './carried-file.ts';
import type { CliContext } from './context.ts';
import { escapeText } from './output/escape.ts';

/**
 * Reads a policy out of a file of the user.
 *
 * @throws ThemisError THEMIS_CONFIG_INVALID after all mistakes were told, THEMIS_FILE_MISSING and its kin
 */
export async function requirePolicy({ err }: Pick<CliContext, 'err'>, file: string): Promise<Policy> {
  const parsed = await policyText(await readCarried(file));
  if (parsed.ok && parsed.policy !== CHARTER_ALONE) return parsed.policy;
  if (parsed.ok) throw new ThemisError('THEMIS_CONFIG_INVALID', `${file}: the word ${CHARTER_ALONE}, in the place of a policy`);
  const { mistakes } = parsed;
  err.lines(mistakes.map((mistake) => escapeText(showMistake(file, mistake))));
  const count = mistakes.length === 1 ? 'the mistake above' : `the ${mistakes.length} mistakes above`;
  throw new ThemisError('THEMIS_CONFIG_INVALID', `${file}: ${count}`);
}

/** What is sound in a policy, and perhaps not what was meant. */
export function doubtsAbout({ default: fallback, allow, rules = [], tolerate = [] }: Policy): readonly string[] {
  const always = rules.find((rule) => rule.action === 'deny' && rule.mode !== 'audit' && isForEverything(rule));
  const allows = rules.filter(({ action }) => action === 'allow');
  const doubts: string[] = [];
  if (always !== undefined) doubts.push(`rule ${always.name} denies everything, whatever else is said`);
  if (fallback === 'authenticated' && allows.length + allow.length > 0)
    doubts.push('default: authenticated lets everybody in, so that what is allowed besides changes nothing');
  if (fallback === 'members' && (allow.length > 0 || allows.some(isForMembers)))
    doubts.push('default: members lets all members in, so that to allow some of them changes nothing');
  if (fallback === 'deny-all' && allow.length + allows.length === 0) doubts.push('nobody may call');
  for (const { name, paths = [] } of rules) {
    const wanted = paths.find((path) => NEEDS.some(([sign, needed]) => sign.test(path) && !tolerate.includes(needed)));
    if (wanted !== undefined) doubts.push(`rule ${name}: no request has the path ${wanted} unless \`tolerate\` lets it through`);
  }
  return doubts;
}

const NEEDS = [
  [/%2F/, 'escaped-slash'],
  [/%5C/, 'escaped-backslash'],
  [/%25[\dA-Fa-f]{2}/, 'escaped-percent'],
  [/;|%3B/, 'semicolon'],
] as const;

/** Whether it lets in no one but members of this app. */
function isForMembers({ ids, apps, services }: Rule): boolean {
  return ids === undefined && apps === undefined && services?.some((name) => name.includes('.')) !== true;
}

function isForEverything({ services, apps, labels, ids, methods, paths, headers, ports }: Rule): boolean {
  return [services, apps, labels, ids, methods, paths, headers, ports].every((condition) => condition === undefined);
}
