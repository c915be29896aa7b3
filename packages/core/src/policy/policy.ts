import type { Json } from '../encoding/canonical-json.ts';
import { array, object, oneOf, type Shape } from '../encoding/shape.ts';
import { TargetName } from '../app/target-name.ts';

/**
 * Who may call a service.
 *
 * A caller that `allow` names may; for everybody else `default` decides: `members` admits every member of this app (of
 * no imported one), `authenticated` everybody whose identity was verified, of whatever app, `deny-all` nobody.
 */
export interface Policy {
  readonly default: PolicyDefault;
  /** Services of this app, and of imported ones: `web.shop`. */
  readonly allow: readonly TargetName[];
}

export type PolicyDefault = 'members' | 'authenticated' | 'deny-all';

/** What holds where nobody has said anything else. */
export const MEMBERS: Policy = Object.freeze({ default: 'members', allow: Object.freeze([]) });

export const policyShape: Shape<Policy> = object<Policy>({
  default: oneOf('members', 'authenticated', 'deny-all'),
  allow: array(TargetName.shape, { max: 1000 }),
});

export function policyJson(policy: Policy): Json {
  return { default: policy.default, allow: policy.allow };
}
