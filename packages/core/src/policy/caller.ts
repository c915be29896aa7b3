import type { ServiceName } from '../app/name.ts';
import type { TargetName } from '../app/target-name.ts';
import type { IdentityId } from '../identity/id.ts';
import { identitySpiffeId } from '../identity/spiffe-id.ts';
import { THIS_APP, type Rule } from './rule.ts';

/** Who asks, as far as a policy looks: what certificates and charters prove, and nothing that the caller says. A peer is one. */
export interface Caller {
  /**
   * What the caller is called in the callee's app: `web`, or `web.shop` for a member of an imported app; undefined for a verified
   * identity that is a member of neither.
   */
  readonly name: TargetName | undefined;
  /** What the callee's app calls the caller's, where that is an imported one. */
  readonly alias: ServiceName | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly id: IdentityId;
  /** `spiffe://<id>/i/<instance>` */
  readonly spiffeId: string;
}

/** Whether a caller is a member of the callee's own app. */
export function isMember({ name, alias }: Caller): boolean {
  return name !== undefined && alias === undefined;
}

/** What a rule says of callers. */
export const CALLER_CONDITIONS = ['services', 'apps', 'labels', 'ids'] as const;

export type CallerCondition = (typeof CALLER_CONDITIONS)[number];

/** Whether a caller meets one condition of a rule. One that the rule does not have is met. */
export function meetsCallerCondition(condition: CallerCondition, rule: Rule, caller: Caller): boolean {
  switch (condition) {
    case 'services':
      return rule.services?.some((service) => service === caller.name) ?? true;
    case 'apps':
      return rule.apps?.some((app) => caller.name !== undefined && app === (caller.alias ?? THIS_APP)) ?? true;
    case 'labels':
      return rule.labels === undefined || ((rule.apps !== undefined || isMember(caller)) && hasLabels(caller, rule.labels));
    case 'ids':
      return rule.ids?.some((id) => id === caller.id || id === caller.spiffeId || id === identitySpiffeId(caller.id)) ?? true;
  }
}

export function meetsCallerConditions(rule: Rule, caller: Caller): boolean {
  return CALLER_CONDITIONS.every((condition) => meetsCallerCondition(condition, rule, caller));
}

function hasLabels({ labels }: Caller, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([name, value]) => labels.get(name) === value);
}
