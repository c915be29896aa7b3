import { CHARTER_ALONE, policyFileOf, readPolicyFile } from '@themis-mesh/agent';
import {
  explain,
  IdentityId,
  meaningOfRefusal,
  policiesInForce,
  TargetName,
  ThemisError,
  type Caller,
  type Charter,
  type Explanation,
  type Policy,
  type RuleExplanation,
  type ServiceName,
} from '@themis-mesh/core';
import { readApp } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer, type JsonValue } from '../output/answer.ts';
import { escapeText } from '../output/escape.ts';
import type { Paint } from '../output/paint.ts';
import { showConditions } from '../output/policy-text.ts';
import { table } from '../output/table.ts';
import { openPlace, type Place } from '../place.ts';
import { requirePolicy } from '../policy-mistakes.ts';

export interface PolicyExplainFlags extends HomeFlags, JsonFlags {
  readonly from: string;
  readonly to: ServiceName;
  readonly header?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly file?: string | undefined;
}

export async function policyExplain(this: CliContext, flags: PolicyExplainFlags, method: string, path: string): Promise<void> {
  await using place = await openPlace(this, flags);
  const { charter } = await readApp(place);
  if (charter.memberByName(flags.to) === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', flags.to);
  const own = flags.file === undefined ? await policyOfUp(place, flags.to) : await requirePolicy(this, flags.file);
  const request = { method, path, headers: headersOf(flags.header), port: flags.port };
  const told = explain(callerOf(flags.from, charter), request, policiesInForce(charter, flags.to, own));
  printAnswer(this, flags, {
    json: { from: flags.from, to: flags.to, method, path, ...explanationJson(told) },
    text: (paint) => showExplanation(told, escapeText(`${method} ${path} from ${flags.from} to ${flags.to}`), paint),
  });
  if (!told.judgement.decision.allowed) this.process.exitCode = 1;
}

/** What the sidecars of an `up` follow; undefined where it runs none, or they follow the charter alone. */
async function policyOfUp({ home }: Place, service: ServiceName): Promise<Policy | undefined> {
  try {
    const policy = await readPolicyFile(policyFileOf(home.root, service));
    return policy === CHARTER_ALONE ? undefined : policy;
  } catch (error) {
    if (ThemisError.is(error, 'THEMIS_FILE_MISSING')) return undefined;
    throw error;
  }
}

/** @param text NAME, NAME.ALIAS, or an ID; a name that is no member's is a mistake, an ID may be anybody's */
function callerOf(text: string, charter: Charter): Caller {
  const id = IdentityId.parse(text);
  const name = id === undefined ? TargetName.parse(text) : undefined;
  const parts = name && TargetName.partsOf(name);
  if (name !== undefined && parts?.alias !== undefined) return imported(name, parts.alias, charter);
  const member = id === undefined ? parts && charter.memberByName(parts.service) : charter.memberById(id);
  const known = id ?? member?.id;
  if (known === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', text);
  const spiffeId = `spiffe://${known}/i/unknown`;
  return { name: member?.name, alias: undefined, labels: member?.labels ?? new Map(), id: known, spiffeId };
}

/** What another app says of its members is not known here: neither labels, nor the ID. */
function imported(name: TargetName, alias: ServiceName, charter: Charter): Caller {
  const found = charter.importByAlias(alias);
  if (found === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', name);
  return { name, alias, labels: new Map(), id: found.app, spiffeId: `spiffe://${found.app}/i/unknown` };
}

/** @throws ThemisError THEMIS_USAGE */
function headersOf(lines: readonly string[] = []): readonly string[] {
  return lines.flatMap((line) => {
    const [, name, value] = /^([^\s:=]+)\s*[:=]\s*(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new ThemisError('THEMIS_USAGE', `a header is name=value: ${line}`);
    return [name, value];
  });
}

function explanationJson({ judgement, policies }: Explanation): Readonly<Record<string, JsonValue>> {
  const { decision, path: canonical, detail } = judgement;
  return {
    allowed: decision.allowed,
    policy: decision.policy,
    rule: decision.rule,
    canonical,
    ...(decision.allowed ? {} : { refusal: decision.because }),
    ...(decision.audit === undefined ? {} : { audit: { ...decision.audit } }),
    ...(detail === undefined ? {} : { detail }),
    policies: policies.map(({ name, mode, decision: alone, rules }) => ({
      name,
      mode,
      allowed: alone.allowed,
      decidedBy: alone.rule,
      rules: rules.map(({ rule, matches, unmet }) => ({ name: rule.name, action: rule.action, matches, unmet })),
    })),
  };
}

function showExplanation({ judgement, policies, connection }: Explanation, what: string, paint: Paint): readonly string[] {
  const { decision, path, detail } = judgement;
  const because = decision.allowed
    ? undefined
    : `${meaningOfRefusal(decision.because) ?? ''}${detail === undefined ? '' : ` (${detail})`}`;
  return [
    `${decision.allowed ? paint.good('allowed') : paint.bad('refused')} ${what}`,
    `  ${paint.dim('by')}      ${decision.policy}, ${decision.rule}`,
    ...(because === undefined ? [] : [`  ${paint.dim('reason')}  ${because}`]),
    `  ${paint.dim('path')}    ${escapeText(path)}`,
    ...(connection.allowed ? [] : [`  ${paint.dim('and')}     no request of this caller is allowed: it may not even connect`]),
    ...(decision.audit === undefined
      ? []
      : [`  ${paint.warning('audit')}   ${decision.audit.policy}, ${decision.audit.rule} would refuse it`]),
    ...policies.flatMap(({ name, mode, decision: alone, rules }) => [
      '',
      `${paint.bold(name)}${mode === 'audit' ? ' (audit)' : ''} ${alone.allowed ? 'allows' : 'refuses'} by ${alone.rule}`,
      ...(rules.length === 0 ? [] : table(['', 'RULE', '', 'ABOUT'], rules.map(rowOf), paint).map((line) => `  ${line}`)),
    ]),
  ];
}

function rowOf({ rule, matches, unmet }: RuleExplanation): readonly string[] {
  const how = matches ? 'matches' : unmet.length === 1 ? `near miss: ${unmet.join()}` : `not: ${unmet.join(', ')}`;
  return [rule.mode === 'audit' ? 'audit' : rule.action, rule.name, how, showConditions(rule)];
}
