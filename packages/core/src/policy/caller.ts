import type { ServiceName } from '../app/name.ts';
import type { IdentityId } from '../identity/id.ts';
import { identitySpiffeId } from '../identity/spiffe-id.ts';
import { THIS_APP, type Rule } from './rule.ts';

/** Who asks, as far as a policy looks: what certificates and charters prove, and nothing that the caller says. */
export interface Caller {
  /** The caller's name in its app; undefined for a verified identity that is a member of no app that is known here. */
  readonly name: ServiceName | undefined;
  /** The alias of its app, where that is imported; undefined for this app. */
  readonly app?: ServiceName | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly id: IdentityId;
  /** `spiffe://<id>/i/<instance>` */
  readonly spiffeId: string;
}

/** Whether a caller is a member of the callee's own app. */
export function isMember({ name, app }: Caller): boolean {
  return name !== undefined && app === undefined;
}

/** What a rule says of callers. */
export const CALLER_CONDITIONS = ['services', 'apps', 'labels', 'ids'] as const;

export type CallerCondition = (typeof CALLER_CONDITIONS)[number];

/** Whether a caller meets one condition of a rule. One that the rule does not have is met. */
export function meetsCallerCondition(condition: CallerCondition, rule: Rule, caller: Caller): boolean {
  switch (condition) {
    case 'services':
      return rule.services?.some((service) => service === qualifiedName(caller)) ?? true;
    case 'apps':
      return rule.apps?.some((app) => caller.name !== undefined && app === (caller.app ?? THIS_APP)) ?? true;
    case 'labels':
      return rule.labels === undefined || ((rule.apps !== undefined || isMember(caller)) && hasLabels(caller, rule.labels));
    case 'ids':
      return rule.ids?.some((id) => id === caller.id || id === caller.spiffeId || id === identitySpiffeId(caller.id)) ?? true;
  }
}

export function meetsCallerConditions(rule: Rule, caller: Caller): boolean {
  return CALLER_CONDITIONS.every((condition) => meetsCallerCondition(condition, rule, caller));
}

function qualifiedName({ name, app }: Caller): string | undefined {
  return name === undefined || app === undefined ? name : `${name}.${app}`;
}

function hasLabels({ labels }: Caller, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([name, value]) => labels.get(name) === value);
}
