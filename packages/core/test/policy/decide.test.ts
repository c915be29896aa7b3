import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallerPolicies } from '../../src/policy/caller-policies.ts';
import { CompiledPolicies, type NamedPolicy } from '../../src/policy/compiled-policies.ts';
import { decide, decideConnection } from '../../src/policy/decide.ts';
import type { Caller } from '../../src/policy/caller.ts';
import type { Policy, PolicyDefault } from '../../src/policy/policy.ts';
import { POLICY_REFUSALS } from '../../src/policy/refusals.ts';
import { named } from '../builders/apps.ts';
import { callerNamed, policyOf, requestOf } from './small-world.ts';

const NAMES = ['a', 'b'];
const IMPORTED = callerNamed('a.shop', { alias: named('shop') });
const CALLERS: readonly Caller[] = [...[...NAMES, 'c', undefined].map((name) => callerNamed(name)), IMPORTED];
const DEFAULTS: readonly PolicyDefault[] = ['members', 'authenticated', 'deny-all'];
const ALLOWS: readonly (readonly string[])[] = [[], NAMES.slice(0, 1), NAMES.slice(1), [...NAMES, 'a.shop'], ['a.shop']];
const POLICIES: readonly Policy[] = DEFAULTS.flatMap((fallback) =>
  ALLOWS.map((allow) => policyOf({ default: fallback, allow }).policy),
);
const GET = requestOf('GET', '/');

/** One policy without rules, as the documentation tells it. */
function admits({ name, alias }: Caller, { default: fallback, allow }: Policy): boolean {
  const isListed = name !== undefined && allow.some((listed) => listed === name);
  return isListed || fallback === 'authenticated' || (fallback === 'members' && name !== undefined && alias === undefined);
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
      const { decision } = decide(caller, GET, policies);
      const expected = list.length > 0 && list.every((policy) => admits(caller, policy));
      assert.equal(decision.allowed, expected, `${caller.name ?? 'a stranger'} under ${JSON.stringify(list)}`);
      assert.deepEqual(decideConnection(caller, policies), decision);
      const refusing = list.findIndex((policy) => !admits(caller, policy));
      if (refusing >= 0) assert.equal(decision.policy, `p${refusing}`, 'the first that refuses is named');
    }
  }
});

test('a policy more never admits whom the others refuse', () => {
  for (const list of LISTS.filter(({ length }) => length === 1)) {
    for (const more of POLICIES) {
      for (const caller of CALLERS) {
        const [before, after] = [list, [...list, more]].map((policies) =>
          decideConnection(
            caller,
            policies.map((policy) => ({ name: 'p', policy })),
          ),
        );
        assert.ok(before?.allowed === true || after?.allowed === false);
      }
    }
  }
});

test('each refusal has its reason', () => {
  const because = (name: string | undefined, request = GET, ...policies: readonly object[]): string => {
    const { decision } = decide(
      callerNamed(name),
      request,
      policies.map((policy) => policyOf(policy)),
    );
    return decision.allowed ? 'allowed' : decision.because;
  };
  const reads = { name: 'reads', action: 'allow', services: ['a'], methods: ['GET'], headers: { 'x-role': ['admin'] } };
  const seen = [
    because(undefined, GET, { default: 'members' }),
    because('c', GET, { allow: NAMES }),
    because('c', GET, { rules: [reads] }),
    because('c', GET, {}),
    because('a', GET),
    because('a', requestOf('POST', '/'), { rules: [reads] }),
    because('a', GET, { default: 'members', rules: [{ name: 'never', action: 'deny' }] }),
    because('a', requestOf('GET', '/a//b'), { default: 'members' }),
    because('a', requestOf('GET', '/', ['X-Role', 'admin', 'x-role', 'admin']), { rules: [reads] }),
    because('a', requestOf('get', '/'), { rules: [reads] }),
  ];
  assert.deepEqual(seen, [
    'policy-not-a-member',
    'policy-not-listed',
    'policy-not-listed',
    'policy-deny-all',
    'policy-deny-all',
    'policy-no-rule',
    'policy-denied',
    'policy-path-ambiguous',
    'policy-header-ambiguous',
    'policy-method-ambiguous',
  ]);
  assert.deepEqual(new Set(seen), new Set(Object.keys(POLICY_REFUSALS)));
});

test('a rule that denies comes before the list, the rules that allow and the default', () => {
  const deny = { name: 'stop', action: 'deny', paths: ['/admin/**'] };
  const allow = { name: 'go', action: 'allow', paths: ['/**'] };
  const policies = [policyOf({ default: 'authenticated', allow: ['a'], rules: [allow, deny] })];
  const ruled = (path: string, name: string | undefined): string =>
    decide(callerNamed(name), requestOf('GET', path), policies).decision.rule;
  assert.deepEqual([ruled('/admin', 'a'), ruled('/admin/x', undefined)], ['stop', 'stop']);
  assert.deepEqual([ruled('/', 'a'), ruled('/', 'b')], ['allow', 'go']);
  assert.equal(
    decide(callerNamed('b'), requestOf('OPTIONS', '*'), policies).decision.rule,
    'stop',
    'what cannot be told is denied',
  );
});

test('another app is not this one: neither its names nor its labels are taken for ours', () => {
  const labels = new Map([['team', 'shop']]);
  const theirs = callerNamed('web.billing', { alias: named('billing'), labels });
  const ours = callerNamed('web', { labels });
  const ask = (caller: Caller, policy: object): boolean => decide(caller, GET, [policyOf(policy)]).decision.allowed;
  const rule = (conditions: object): object => ({ rules: [{ name: 'r', action: 'allow', ...conditions }] });
  for (const policy of [
    { allow: ['web'] },
    { default: 'members' },
    rule({ services: ['web'] }),
    rule({ labels: { team: 'shop' } }),
    rule({ apps: ['.'] }),
  ])
    assert.deepEqual([ask(ours, policy), ask(theirs, policy)], [true, false], JSON.stringify(policy));
  for (const policy of [
    rule({ services: ['web.billing'] }),
    rule({ apps: ['billing'] }),
    rule({ apps: ['billing'], labels: { team: 'shop' } }),
  ])
    assert.deepEqual([ask(ours, policy), ask(theirs, policy)], [false, true], JSON.stringify(policy));
  for (const id of [ours.id, `spiffe://${ours.id}`, ours.spiffeId]) assert.ok(ask(callerNamed(undefined), rule({ ids: [id] })));
  assert.ok(!ask(ours, rule({ ids: [`spiffe://${ours.id}/i/two`] })));
});

test('what is in audit mode refuses nothing, allows nothing, and says what it would have refused', () => {
  const caller = callerNamed('a');
  const base = policyOf({ default: 'members' }, 'base');
  const strict = policyOf({ mode: 'audit' }, 'strict');
  assert.deepEqual(decide(caller, GET, [base, strict]).decision, {
    ...{ allowed: true, policy: 'base', rule: 'default' },
    audit: { policy: 'strict', rule: 'default', because: 'policy-deny-all' },
  });
  const rule = { name: 'stop', action: 'deny', mode: 'audit', methods: ['GET'] };
  const policies = [policyOf({ default: 'members', rules: [rule] }, 'ruled')];
  assert.deepEqual(decide(caller, GET, policies).decision.audit, { policy: 'ruled', rule: 'stop', because: 'policy-denied' });
  assert.equal(decide(caller, requestOf('POST', '/'), policies).decision.audit, undefined);
  assert.equal(
    decide(caller, GET, [policyOf({ default: 'authenticated', mode: 'audit' })]).decision.allowed,
    false,
    'nor does it allow',
  );
  const tolerant = policyOf({ default: 'members', mode: 'audit', tolerate: ['empty-segments'] });
  assert.equal(decide(caller, requestOf('GET', '/a//b'), [base, tolerant]).decision.allowed, false, 'nor does it tolerate');
});

test('a path is tolerated where every policy that looks at paths tolerates it', () => {
  const tolerant = { default: 'members', tolerate: ['empty-segments'] };
  const looks = { default: 'members', rules: [{ name: 'r', action: 'deny', paths: ['/admin'] }] };
  const path = (...policies: readonly object[]): string | undefined => {
    const judged = decide(
      callerNamed('a'),
      requestOf('GET', '/a//b?q=//'),
      policies.map((policy) => policyOf(policy)),
    );
    return judged.decision.allowed ? judged.path : undefined;
  };
  assert.equal(path(tolerant), '/a/b?q=//');
  assert.equal(path(tolerant, { default: 'members' }), '/a/b?q=//');
  assert.equal(path(tolerant, { ...tolerant, ...looks }), '/a/b?q=//');
  assert.equal(path(tolerant, looks), undefined);
  assert.equal(path(looks), undefined);
});

test('a raw stream is denied by rules that look at requests, and allowed by none of them', () => {
  const stream = (policy: object, port?: number): boolean =>
    new CallerPolicies(new CompiledPolicies([policyOf(policy)]), callerNamed('a')).stream(port).allowed;
  const rule = (action: string, conditions: object): object => ({ rules: [{ name: 'r', action, ...conditions }] });
  for (const conditions of [
    { methods: ['GET'] },
    { paths: ['/**'] },
    { headers: { 'x-role': true } },
    { headers: { 'x-role': false } },
  ]) {
    assert.equal(stream(rule('allow', conditions)), false);
    assert.equal(stream({ default: 'members', ...rule('deny', conditions) }), false);
  }
  assert.deepEqual([stream(rule('allow', { ports: [5432] }), 5432), stream(rule('allow', { ports: [5432] }), 80)], [true, false]);
  assert.deepEqual([stream(rule('allow', { services: ['a'] })), stream(rule('allow', { services: ['b'] }))], [true, false]);
});

test('a connection is refused only where no request could be allowed', () => {
  const connects = (...policies: readonly object[]): boolean =>
    decideConnection(
      callerNamed('a'),
      policies.map((policy) => policyOf(policy)),
    ).allowed;
  const allow = { name: 'go', action: 'allow', services: ['a'], paths: ['/x'] };
  const deny = { name: 'stop', action: 'deny', services: ['a'] };
  assert.equal(connects({ rules: [allow] }), true);
  assert.equal(connects({ rules: [{ ...allow, services: ['b'] }] }), false);
  assert.equal(connects({ default: 'members', rules: [deny] }), false);
  assert.equal(connects({ default: 'members', rules: [{ ...deny, methods: ['GET'] }] }), true);
  assert.equal(connects({ rules: [allow] }, {}), false);
});
