import { CALLER_CONDITIONS, meetsCallerCondition, type Caller, type CallerCondition } from './caller.ts';
import { CallerPolicies, isAuthority, type Judgement, type RequestHead } from './caller-policies.ts';
import { judgedPath } from './canonical-target.ts';
import { CompiledPolicies, type NamedPolicy } from './compiled-policies.ts';
import type { Decision } from './decision.ts';
import { NO_HEADERS } from './named-headers.ts';
import { REQUEST_CONDITIONS, RequestConditions, type Asked, type RequestCondition } from './request-conditions.ts';
import type { Rule } from './rule.ts';

/** Why a request is, or is not, allowed: the decision, and what each rule of each policy has to do with it. */
export interface Explanation {
  readonly connection: Decision;
  readonly judgement: Judgement;
  readonly policies: readonly PolicyExplanation[];
}

export interface PolicyExplanation {
  readonly name: string;
  readonly mode: 'enforce' | 'audit';
  /** What this policy alone says, as if it were enforced. */
  readonly decision: Decision;
  readonly rules: readonly RuleExplanation[];
}

export interface RuleExplanation {
  readonly rule: Rule;
  readonly matches: boolean;
  /** The conditions that the request does not meet. Where it is one, the rule is a near miss. */
  readonly unmet: readonly (CallerCondition | RequestCondition)[];
}

/** Judges as `decide` does, and tells of every rule. For people: it compiles anew and looks at everything. */
export function explain(caller: Caller, request: RequestHead, policies: readonly NamedPolicy[]): Explanation {
  const all = new CompiledPolicies(policies);
  const own = new CallerPolicies(all, caller);
  const judgement = own.request(request);
  const headers = all.namedHeaders?.read(request.headers);
  const asked: Asked = {
    http: {
      method: request.method,
      path: isAuthority(request) ? '*' : judgedPath(judgement.path),
      headers: headers?.ok === true ? headers.value : NO_HEADERS,
    },
    port: request.port,
  };
  return {
    connection: own.connection,
    judgement,
    policies: policies.map(({ name, policy }) => ({
      name,
      mode: policy.mode ?? 'enforce',
      decision: new CallerPolicies(new CompiledPolicies([{ name, policy: { ...policy, mode: 'enforce' } }]), caller).request(
        request,
      ).decision,
      rules: (policy.rules ?? []).map((rule) => explainRule(rule, caller, asked)),
    })),
  };
}

function explainRule(rule: Rule, caller: Caller, asked: Asked): RuleExplanation {
  const unmet = [
    ...CALLER_CONDITIONS.filter((condition) => !meetsCallerCondition(condition, rule, caller)),
    ...REQUEST_CONDITIONS.filter((condition) => !new RequestConditions(only(condition, rule)).areMet(asked)),
  ];
  return { rule, matches: unmet.length === 0, unmet };
}

/** A rule with one of its conditions on requests. */
function only(condition: RequestCondition, rule: Rule): Pick<Rule, 'action' | RequestCondition> {
  return { action: rule.action, [condition]: rule[condition] };
}
