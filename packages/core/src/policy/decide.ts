import { ServiceName } from '../app/name.ts';
import type { TargetName } from '../app/target-name.ts';
import type { RefusalCode } from '../outcome/refusals.ts';
import type { Policy } from './policy.ts';

/** Who asks, as far as a policy looks. */
export interface Caller {
  /**
   * What the caller is called in the callee's app: `web`, or `web.shop` for a member of an imported app; undefined for a verified
   * identity that is a member of neither.
   */
  readonly name: TargetName | undefined;
}

/** The same value is the log field, the metric label and the answer to "why". */
export type Decision =
  | { readonly allowed: true; readonly rule: string }
  | { readonly allowed: false; readonly rule: string; readonly because: RefusalCode };

/**
 * Whether a verified caller may call. Of several policies all must allow, and the first that does not is named; with none,
 * nobody may.
 */
export function decide(caller: Caller, policies: readonly NamedPolicy[]): Decision {
  let last: Decision = { allowed: false, rule: 'no policy', because: 'policy-deny-all' };
  for (const { name, policy } of policies) {
    last = decideOne(caller, name, policy);
    if (!last.allowed) return last;
  }
  return last;
}

export interface NamedPolicy {
  /** Where the policy stands, to name it in a refusal. */
  readonly name: string;
  readonly policy: Policy;
}

function decideOne(caller: Caller, name: string, policy: Policy): Decision {
  if (caller.name !== undefined && policy.allow.includes(caller.name))
    return { allowed: true, rule: `${name}: allow ${caller.name}` };
  const rule = `${name}: ${policy.default}`;
  switch (policy.default) {
    case 'authenticated':
      return { allowed: true, rule };
    case 'members':
      return ServiceName.is(caller.name) ? { allowed: true, rule } : { allowed: false, rule, because: 'policy-not-a-member' };
    case 'deny-all':
      return { allowed: false, rule, because: policy.allow.length > 0 ? 'policy-not-listed' : 'policy-deny-all' };
  }
}
