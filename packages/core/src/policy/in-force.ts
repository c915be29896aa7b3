import type { Charter } from '../app/charter.ts';
import type { ServiceName } from '../app/name.ts';
import type { NamedPolicy } from './compiled-policies.ts';
import { MEMBERS, type Policy } from './policy.ts';

/**
 * The policies that hold for a service: the app's, then the process's own. Where none is enforced, every member of the app
 * may call.
 */
export function policiesInForce(charter: Charter, service: ServiceName, own: Policy | undefined): readonly NamedPolicy[] {
  const named = charter.policiesFor(service).map(({ name, policy }) => ({ name: `charter:${name}`, policy }));
  const all = own === undefined ? named : [...named, { name: `service:${service}`, policy: own }];
  const isEnforced = all.some(({ policy }) => policy.mode !== 'audit');
  return isEnforced ? all : [...all, { name: 'default', policy: MEMBERS }];
}
