import type { Json } from '../encoding/canonical-json.ts';
import { array, object, oneOf, type Shape } from '../encoding/shape.ts';
import { ServiceName } from '../app/name.ts';

/**
 * Who may call a service.
 *
 * A caller that `allow` names may; for everybody else `default` decides: `members` admits every member of the app,
 * `authenticated` everybody whose identity was verified, of whatever app, `deny-all` nobody.
 */
export interface Policy {
  readonly default: PolicyDefault;
  readonly allow: readonly ServiceName[];
}

export type PolicyDefault = 'members' | 'authenticated' | 'deny-all';

/** What holds where nobody has said anything else. */
export const MEMBERS: Policy = Object.freeze({ default: 'members', allow: Object.freeze([]) });

export const policyShape: Shape<Policy> = object<Policy>({
  default: oneOf('members', 'authenticated', 'deny-all'),
  allow: array(ServiceName.shape, { max: 1000 }),
});

export function policyJson(policy: Policy): Json {
  return { default: policy.default, allow: policy.allow };
}
