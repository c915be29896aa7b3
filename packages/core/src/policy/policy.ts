import type { Json } from '../encoding/canonical-json.ts';
import { array, object, oneOf, optional, ShapeError, type Shape } from '../encoding/shape.ts';
import { TargetName } from '../app/target-name.ts';
import { MAX_RULES, policyModeShape, ruleJson, ruleShape, type PolicyMode, type Rule } from './rule.ts';
import { TOLERANCE_NAMES, type Tolerance } from './tolerance.ts';

/**
 * Who may call a service, and what for.
 *
 * A rule that denies and matches comes first: the request is refused. Else a caller that `allow` names may, and so may what a
 * rule matches that allows. For everything else `default` decides: `members` admits every member of this app (of no
 * imported one), `authenticated` everybody whose identity was verified, of whatever app, `deny-all` nobody.
 */
export interface Policy {
  readonly default: PolicyDefault;
  /** Services, of this app and of imported ones (`web.shop`), that may send any request that no rule denies. */
  readonly allow: readonly TargetName[];
  readonly rules?: readonly Rule[];
  /** `audit`: it refuses nothing, and what it would have refused is told. Absent: `enforce`. */
  readonly mode?: PolicyMode;
  /** What is let through of ambiguous paths. Absent: nothing. */
  readonly tolerate?: readonly Tolerance[];
}

export type PolicyDefault = 'members' | 'authenticated' | 'deny-all';

/** What holds where nobody has said anything else. */
export const MEMBERS: Policy = Object.freeze({ default: 'members', allow: Object.freeze([]) });

/** The parts of a policy, each by itself. */
export const POLICY_FIELDS: { readonly [Name in keyof Policy]-?: Shape<NonNullable<Policy[Name]>> } = {
  default: oneOf('members', 'authenticated', 'deny-all'),
  allow: array(TargetName.shape, { max: 1000 }),
  rules: array(ruleShape, { max: MAX_RULES }),
  mode: policyModeShape,
  tolerate: array(oneOf(...TOLERANCE_NAMES), { max: TOLERANCE_NAMES.length }),
};

const fields = object<Policy>({
  default: POLICY_FIELDS.default,
  allow: POLICY_FIELDS.allow,
  rules: optional(POLICY_FIELDS.rules),
  mode: optional(POLICY_FIELDS.mode),
  tolerate: optional(POLICY_FIELDS.tolerate),
});

export const policyShape: Shape<Policy> = (value, path) => {
  const policy = fields(value, path);
  const names = new Set<string>();
  for (const [index, { name }] of (policy.rules ?? []).entries()) {
    if (names.has(name))
      throw new ShapeError(`${path === '' ? '' : `${path}.`}rules[${index}].name`, 'another than that of a rule above');
    names.add(name);
  }
  return policy;
};

export function policyJson({ default: fallback, allow, rules, mode, tolerate }: Policy): Readonly<Record<string, Json>> {
  return {
    default: fallback,
    allow,
    ...(rules === undefined ? {} : { rules: rules.map(ruleJson) }),
    ...(mode === undefined ? {} : { mode }),
    ...(tolerate === undefined ? {} : { tolerate }),
  };
}
