import type { Caller } from '../../src/policy/caller.ts';
import type { RequestHead } from '../../src/policy/caller-policies.ts';
import type { NamedPolicy } from '../../src/policy/compiled-policies.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { HeaderCondition, Rule } from '../../src/policy/rule.ts';

/*
 * The language of policies as the documentation tells it, slow and obvious: no rule is compiled, nothing is kept between two
 * questions, and paths are taken apart sign by sign.
 */

/** `allowed`, or the refusal; behind a bar who decided; and what an audit would have refused. */
export interface ReferenceDecision {
  readonly verdict: string;
  readonly by: string;
  readonly audit: string | undefined;
}

export function referenceDecision(caller: Caller, request: RequestHead, policies: readonly NamedPolicy[]): ReferenceDecision {
  const enforced = policies.filter(({ policy }) => policy.mode !== 'audit');
  const rules = enforced.flatMap(({ policy }) => (policy.rules ?? []).filter((rule) => rule.mode !== 'audit'));
  const path = pathOf(request.path, request.method, tolerances(enforced));
  if (path === undefined) return { verdict: 'policy-path-ambiguous', by: 'path', audit: undefined };
  if (rules.some((rule) => rule.methods) && request.method !== request.method.toUpperCase())
    return { verdict: 'policy-method-ambiguous', by: 'method', audit: undefined };
  const everyRule = policies.flatMap(({ policy }) => policy.rules ?? []);
  if (isHeaderAmbiguous(request.headers, rules, everyRule))
    return { verdict: 'policy-header-ambiguous', by: 'headers', audit: undefined };
  let last = { verdict: 'policy-deny-all', by: 'none:default' };
  for (const { name, policy } of enforced) {
    last = decideOne(name, policy, caller, request, path);
    if (last.verdict !== 'allowed') return { ...last, audit: undefined };
  }
  return { ...last, audit: last.verdict === 'allowed' ? auditOf(policies, caller, request, path) : undefined };
}

/** Whether some request of a caller could be allowed, as far as rules that look at the caller alone tell. */
export function referenceConnection(caller: Caller, policies: readonly NamedPolicy[]): boolean {
  const enforced = policies.filter(({ policy }) => policy.mode !== 'audit');
  return (
    enforced.length > 0 &&
    enforced.every(({ policy }) => {
      const about = (policy.rules ?? []).filter((rule) => isAboutCaller(rule, caller) && rule.mode !== 'audit');
      const isUnconditional = (rule: Rule): boolean => !rule.methods && !rule.paths && !rule.headers && !rule.ports;
      if (about.some((rule) => rule.action === 'deny' && isUnconditional(rule))) return false;
      return about.some((rule) => rule.action === 'allow') || isAllowedOtherwise(policy, caller);
    })
  );
}

function decideOne(
  name: string,
  policy: Policy,
  caller: Caller,
  request: RequestHead,
  path: string,
): { verdict: string; by: string } {
  const rules = (policy.rules ?? []).filter((rule) => rule.mode !== 'audit');
  for (const rule of rules) {
    if (rule.action === 'deny' && isMatched(rule, caller, request, path))
      return { verdict: 'policy-denied', by: `${name}:${rule.name}` };
  }
  if (isListed(policy, caller)) return { verdict: 'allowed', by: `${name}:allow` };
  for (const rule of rules) {
    if (rule.action === 'allow' && isMatched(rule, caller, request, path))
      return { verdict: 'allowed', by: `${name}:${rule.name}` };
  }
  if (isAllowedOtherwise(policy, caller)) return { verdict: 'allowed', by: `${name}:default` };
  return { verdict: reason(policy, caller), by: `${name}:default` };
}

function auditOf(policies: readonly NamedPolicy[], caller: Caller, request: RequestHead, path: string): string | undefined {
  for (const { name, policy } of policies.filter((each) => each.policy.mode !== 'audit')) {
    for (const rule of policy.rules ?? []) {
      if (rule.mode === 'audit' && isMatched(rule, caller, request, path)) return `${name}:${rule.name}`;
    }
  }
  for (const { name, policy } of policies.filter((each) => each.policy.mode === 'audit')) {
    const decision = decideOne(name, policy, caller, request, path);
    if (decision.verdict !== 'allowed') return decision.by;
  }
  return undefined;
}

function isListed(policy: Policy, caller: Caller): boolean {
  return policy.allow.some((name) => name === caller.name);
}

function isAllowedOtherwise(policy: Policy, caller: Caller): boolean {
  if (isListed(policy, caller)) return true;
  if (policy.default === 'authenticated') return true;
  return policy.default === 'members' && caller.name !== undefined && caller.alias === undefined;
}

function reason(policy: Policy, caller: Caller): string {
  const allows = (policy.rules ?? []).filter((rule) => rule.action === 'allow');
  if (allows.some((rule) => isAboutCaller(rule, caller))) return 'policy-no-rule';
  if (policy.default === 'members') return 'policy-not-a-member';
  return policy.allow.length === 0 && allows.length === 0 ? 'policy-deny-all' : 'policy-not-listed';
}

function isMatched(rule: Rule, caller: Caller, request: RequestHead, path: string): boolean {
  if (!isAboutCaller(rule, caller)) return false;
  if (rule.methods && !rule.methods.includes(request.method)) return false;
  if (rule.paths && path === '*' && rule.action === 'allow') return false;
  if (rule.paths && path !== '*' && !rule.paths.some((pattern) => isPathMatched(patternOf(pattern), partsOf(path)))) return false;
  if (rule.headers && ![...rule.headers].every(([name, condition]) => isHeaderMatched(rule, name, condition, request.headers)))
    return false;
  if (rule.ports && request.port === undefined) return rule.action === 'deny';
  return !rule.ports || rule.ports.some((port) => port === request.port);
}

function isAboutCaller(rule: Rule, caller: Caller): boolean {
  const { name, alias: app, labels, id, spiffeId } = caller;
  if (rule.services && !rule.services.some((service) => service === name)) return false;
  if (rule.apps && !(name !== undefined && rule.apps.includes(app ?? '.'))) return false;
  if (rule.labels) {
    if (!rule.apps && (name === undefined || app !== undefined)) return false;
    for (const [label, value] of rule.labels) if (labels.get(label) !== value) return false;
  }
  return !rule.ids || rule.ids.includes(id) || rule.ids.includes(`spiffe://${id}`) || rule.ids.includes(spiffeId);
}

function isHeaderMatched(rule: Rule, name: string, condition: HeaderCondition, headers: readonly string[]): boolean {
  const values = valuesOf(headers, name);
  if (condition === true) return values.length > 0;
  if (condition === false) return values.length === 0;
  if (rule.action === 'allow') return values.length > 0 && values.every((value) => condition.includes(value));
  const parts = values.flatMap((value) => [value, ...value.split(',').map((part) => part.trim())]);
  return parts.some((part) => condition.includes(part));
}

function valuesOf(headers: readonly string[], wanted: string): readonly string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === wanted);
}

function isHeaderAmbiguous(headers: readonly string[], enforced: readonly Rule[], all: readonly Rule[]): boolean {
  const named = new Set(all.flatMap((rule) => [...(rule.headers?.keys() ?? [])]));
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const dashed = (name: string): string => [...name].map((sign) => (/[a-z0-9]/.test(sign) ? sign : '-')).join('');
  if (names.some((name) => !named.has(name) && named.has(dashed(name)))) return true;
  const options = valuesOf(headers, 'connection').flatMap((value) => value.toLowerCase().split(','));
  if (options.some((option) => named.has(dashed(option.trim())))) return true;
  const once = enforced.flatMap((rule) => [...(rule.headers ?? [])].filter(([, condition]) => Array.isArray(condition)));
  return once.some(([name]) => valuesOf(headers, name).length > 1);
}

function tolerances(enforced: readonly NamedPolicy[]): ReadonlySet<string> {
  const asked = new Set<string>(enforced.flatMap(({ policy }) => policy.tolerate ?? []));
  for (const { policy } of enforced) {
    if (!policy.rules?.some((rule) => rule.paths && rule.mode !== 'audit')) continue;
    for (const each of asked) if (!policy.tolerate?.some((own) => own === each)) asked.delete(each);
  }
  return asked;
}

/** The path as patterns see it, without marks that are escaped; undefined where it is ambiguous. */
function pathOf(target: string, method: string, tolerated: ReadonlySet<string>): string | undefined {
  if (target === '*') return method === 'OPTIONS' ? '*' : undefined;
  if (method === 'CONNECT' && /^[a-z0-9.-]+:\d+$/.test(target)) return '*';
  const [path = '', ...query] = target.split('?');
  if (!path.startsWith('/') || !/^[!-~]*$/.test(query.join('')) || query.join('').includes('#')) return undefined;
  const decoded: string[] = [];
  for (const [token] of path.matchAll(/%[0-9a-f]{2}|./gis)) {
    const isEscape = token.length === 3;
    const sign = isEscape ? String.fromCharCode(Number.parseInt(token.slice(1), 16)) : token;
    if (sign < ' ' || sign === '\x7f' || (!isEscape && (sign === ' ' || sign > '~'))) return undefined;
    if (!isEscape && ['%', '\\', '#'].includes(sign)) return undefined;
    if (sign === ';' && !tolerated.has('semicolon')) return undefined;
    if (isEscape && sign === '/' && !tolerated.has('escaped-slash')) return undefined;
    if (isEscape && sign === '\\' && !tolerated.has('escaped-backslash')) return undefined;
    const isPlain = /[A-Za-z0-9._~!$&'()*+,;=:@-]/.test(sign) || (!isEscape && sign === '/');
    decoded.push(isPlain ? sign : `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  }
  const text = decoded.join('');
  const marksLeft = [...path.matchAll(/%25|%[0-9a-f]{2}|./gis)]
    .map(([token]) => (/^%(?:2[d-e]|3\d|[4-7][0-9a-f])$/i.test(token) ? decodeURIComponent(token) : token))
    .join('');
  if (!tolerated.has('escaped-percent') && /%25[0-9a-f]{2}/i.test(marksLeft)) return undefined;
  try {
    decodeURIComponent(text);
  } catch {
    return undefined;
  }
  const parts = text.slice(1).split('/');
  if (parts.some((part) => !['.', '..'].includes(part) && part.split(/%2F|%5C/).some((piece) => /^\.\.?(?:;|$)/.test(piece))))
    return undefined;
  if (parts.slice(0, -1).includes('') && !tolerated.has('empty-segments')) return undefined;
  if (parts.some((part) => ['.', '..'].includes(part)) && !tolerated.has('dot-segments')) return undefined;
  const stack: string[] = [];
  for (const part of parts) {
    if (part === '..') stack.pop();
    else if (part !== '.' && part !== '') stack.push(part);
  }
  const isFolder = ['', '.', '..'].includes(parts.at(-1) ?? '');
  return `/${stack.join('/')}${isFolder && stack.length > 0 ? '/' : ''}`;
}

/** With a sign before what stands for itself, so that an escaped star is none. */
function partsOf(path: string): readonly string[] {
  return path
    .slice(1)
    .split('/')
    .map((part) => `=${part}`);
}

function patternOf(pattern: string): readonly string[] {
  const decoded = (part: string): string => part.replace(/%(?:2[1467-9A-C]|3[ABD]|40)/g, (escape) => decodeURIComponent(escape));
  return pattern
    .slice(1)
    .split('/')
    .map((part) => (part === '*' || part === '**' ? part : `=${decoded(part)}`));
}

function isPathMatched([wanted, ...pattern]: readonly string[], path: readonly string[]): boolean {
  if (wanted === undefined) return path.length === 0;
  const [part, ...rest] = path;
  if (wanted === '**') return isPathMatched(pattern, path) || (part !== undefined && isPathMatched([wanted, ...pattern], rest));
  if (part === undefined) return false;
  return (wanted === '*' ? part !== '=' : wanted === part) && isPathMatched(pattern, rest);
}
