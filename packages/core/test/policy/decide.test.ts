import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceName } from '../../src/app/name.ts';
import { TargetName } from '../../src/app/target-name.ts';
import { ShapeError } from '../../src/encoding/shape.ts';
import { decide, type NamedPolicy } from '../../src/policy/decide.ts';
import { MEMBERS, policyJson, policyShape, type Policy, type PolicyDefault } from '../../src/policy/policy.ts';
import { POLICY_REFUSALS } from '../../src/policy/refusals.ts';
import { named } from '../builders/apps.ts';

const NAMES = [named('a'), named('b')];
const IMPORTED = TargetName.of(named('a'), named('shop'));
const CALLERS: readonly (TargetName | undefined)[] = [...NAMES, named('c'), IMPORTED, undefined];
const DEFAULTS: readonly PolicyDefault[] = ['members', 'authenticated', 'deny-all'];
const ALLOWS: readonly (readonly TargetName[])[] = [[], NAMES.slice(0, 1), NAMES.slice(1), [...NAMES, IMPORTED], [IMPORTED]];
const POLICIES: readonly Policy[] = DEFAULTS.flatMap((fallback) => ALLOWS.map((allow) => ({ default: fallback, allow })));

/** One policy as the documentation tells it. */
function admits(caller: TargetName | undefined, { default: fallback, allow }: Policy): boolean {
  const isMember = ServiceName.is(caller);
  const isListed = allow.some((name) => name === caller);
  return isListed || fallback === 'authenticated' || (fallback === 'members' && isMember);
}

/** Every list of up to two policies. */
const LISTS: readonly (readonly Policy[])[] = [
  [],
  ...POLICIES.map((one) => [one]),
  ...POLICIES.flatMap((one) => POLICIES.map((two) => [one, two])),
];

test('every caller under every list of up to two policies: all must admit, and with none nobody may', () => {
  for (const list of LISTS) {
    const policies: readonly NamedPolicy[] = list.map((policy, index) => ({ name: `p${index}`, policy }));
    for (const caller of CALLERS) {
      const decision = decide({ name: caller }, policies);
      const expected = list.length > 0 && list.every((policy) => admits(caller, policy));
      assert.equal(decision.allowed, expected, `${caller ?? 'a stranger'} under ${JSON.stringify(list)}`);
      const refusing = list.findIndex((policy) => !admits(caller, policy));
      if (refusing >= 0) assert.ok(decision.rule.startsWith(`p${refusing}: `), `${decision.rule} names the first that refuses`);
    }
  }
});

test('a policy more never admits whom the others refuse', () => {
  for (const list of LISTS.filter(({ length }) => length === 1)) {
    for (const more of POLICIES) {
      for (const name of CALLERS) {
        const [before, after] = [list, [...list, more]].map((policies) =>
          decide(
            { name },
            policies.map((policy) => ({ name: 'p', policy })),
          ),
        );
        assert.ok(before?.allowed === true || after?.allowed === false);
      }
    }
  }
});

test('each refusal has its reason', () => {
  const because = (caller: ServiceName | undefined, ...list: readonly Policy[]): string => {
    const decision = decide(
      { name: caller },
      list.map((policy) => ({ name: 'p', policy })),
    );
    return decision.allowed ? 'allowed' : decision.because;
  };
  const seen = [
    because(undefined, MEMBERS),
    because(named('c'), { default: 'deny-all', allow: NAMES }),
    because(named('c'), { default: 'deny-all', allow: [] }),
    because(named('a')),
  ];
  assert.deepEqual(seen, ['policy-not-a-member', 'policy-not-listed', 'policy-deny-all', 'policy-deny-all']);
  assert.deepEqual(new Set(seen), new Set(Object.keys(POLICY_REFUSALS)));
});

test('a policy is read as it is written, and nothing else is one', () => {
  for (const policy of POLICIES) assert.deepEqual(policyShape(policyJson(policy), ''), policy);
  const others = [
    {},
    { default: 'members' },
    { allow: [] },
    { default: 'allow-all', allow: [] },
    { default: 'Members', allow: [] },
    { default: 'members', allow: ['A'] },
    { default: 'members', allow: ['*'] },
    { default: 'members', allow: 'a' },
    { default: 'members', allow: [], deny: [] },
    { default: 'members', allow: Array.from({ length: 1001 }, () => 'a') },
    [],
    null,
    'members',
  ];
  for (const other of others) assert.throws(() => policyShape(other, ''), ShapeError, JSON.stringify(other));
  assert.ok(Object.isFrozen(MEMBERS) && Object.isFrozen(MEMBERS.allow));
});
