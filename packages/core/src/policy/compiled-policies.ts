import type { RefusalCode } from '../outcome/refusals.ts';
import { NO_POLICY, type Allowed, type Denied } from './decision.ts';
import { NamedHeaders } from './named-headers.ts';
import type { Policy } from './policy.ts';
import { RequestConditions } from './request-conditions.ts';
import type { Rule } from './rule.ts';
import { TOLERANCE_NAMES, type Tolerance } from './tolerance.ts';

export interface NamedPolicy {
  /** Names the policy in logs, metrics and answers to "why". */
  readonly name: string;
  readonly policy: Policy;
}

/** A policy with its rules ready to be asked. */
export interface CompiledPolicy extends NamedPolicy {
  readonly denies: readonly CompiledRule[];
  readonly allows: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly rule: Rule;
  /** What it decides where it matches. */
  readonly decision: Allowed | Denied;
  /** What it wants of the requests of the callers that it is about. */
  readonly conditions: RequestConditions;
}

/** The policies of a service, ready to be asked about each request. Nothing is remembered of requests. */
export class CompiledPolicies {
  readonly enforced: readonly CompiledPolicy[];
  readonly audited: readonly CompiledPolicy[];
  /** Rules in audit mode, of policies that are enforced. */
  readonly auditRules: readonly CompiledRule[];
  readonly tolerated: ReadonlySet<Tolerance>;
  /** Undefined where no rule names any. */
  readonly namedHeaders: NamedHeaders | undefined;
  readonly looksAtMethods: boolean;
  /** What becomes of requests that cannot be judged. */
  readonly unjudged: { readonly path: Denied; readonly method: Denied; readonly headers: Denied };

  /** @param policies that were read and checked; all that are enforced must allow, and with none of them nobody may */
  constructor(policies: readonly NamedPolicy[]) {
    const isEnforced = ({ policy }: NamedPolicy): boolean => policy.mode !== 'audit';
    this.enforced = policies.filter(isEnforced).map(compile);
    this.audited = policies.filter((named) => !isEnforced(named)).map(compile);
    this.auditRules = this.enforced.flatMap(({ name, policy }) => compileRules(name, policy, (rule) => rule.mode === 'audit'));
    const rules = this.enforced.flatMap(({ denies, allows }) => [...denies, ...allows]).map(({ rule }) => rule);
    const others = [...this.auditRules.map(({ rule }) => rule), ...this.audited.flatMap(({ policy }) => policy.rules ?? [])];
    const namedHeaders = new NamedHeaders(rules, others);
    this.namedHeaders = namedHeaders.isEmpty ? undefined : namedHeaders;
    this.looksAtMethods = rules.some(({ methods }) => methods !== undefined);
    this.tolerated = new Set(TOLERANCE_NAMES.filter((tolerance) => isTolerated(tolerance, this.enforced)));
    this.unjudged = {
      path: this.#unjudged('path', 'policy-path-ambiguous', (policy) => looksAtPaths(policy) && isStrict(policy)),
      method: this.#unjudged(
        'method',
        'policy-method-ambiguous',
        ({ rules: own }) => own?.some(({ methods }) => methods) ?? false,
      ),
      headers: this.#unjudged(
        'headers',
        'policy-header-ambiguous',
        ({ rules: own }) => own?.some(({ headers }) => headers) ?? false,
      ),
    };
  }

  /** @param minds whether a policy is one for whose sake the request cannot be judged: the first of them is named */
  #unjudged(rule: string, because: RefusalCode, minds: (policy: Policy) => boolean): Denied {
    const { name } = this.enforced.find(({ policy }) => minds(policy)) ?? this.enforced[0] ?? { name: NO_POLICY.policy };
    return Object.freeze({ allowed: false, policy: name, rule, because });
  }
}

/** One policy must ask for it, and none that looks at paths may be without it. */
function isTolerated(tolerance: Tolerance, enforced: readonly CompiledPolicy[]): boolean {
  const asks = ({ policy }: CompiledPolicy): boolean => policy.tolerate?.includes(tolerance) ?? false;
  return enforced.some(asks) && enforced.every((each) => asks(each) || !looksAtPaths(each.policy));
}

function looksAtPaths({ rules = [] }: Policy): boolean {
  return rules.some(({ paths, mode }) => paths !== undefined && mode !== 'audit');
}

function isStrict({ tolerate = [] }: Policy): boolean {
  return tolerate.length < TOLERANCE_NAMES.length;
}

function compile({ name, policy }: NamedPolicy): CompiledPolicy {
  return {
    name,
    policy,
    denies: compileRules(name, policy, ({ action, mode }) => action === 'deny' && mode !== 'audit'),
    allows: compileRules(name, policy, ({ action }) => action === 'allow'),
  };
}

function compileRules(policy: string, { rules = [] }: Policy, isWanted: (rule: Rule) => boolean): readonly CompiledRule[] {
  return rules.filter(isWanted).map((rule) => {
    const named = { policy, rule: rule.name };
    return {
      rule,
      decision: Object.freeze<Allowed | Denied>(
        rule.action === 'allow' ? { allowed: true, ...named } : { allowed: false, ...named, because: 'policy-denied' },
      ),
      conditions: new RequestConditions(rule),
    };
  });
}
