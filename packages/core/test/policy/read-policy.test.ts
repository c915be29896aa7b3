import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/encoding/canonical-json.ts';
import { canonicalJson, parseCanonicalJson } from '../../src/encoding/canonical-json.ts';
import { ShapeError } from '../../src/encoding/shape.ts';
import { MEMBERS, policyJson, policyShape } from '../../src/policy/policy.ts';
import { readPolicyOptions } from '../../src/policy/read-policy.ts';
import { policies } from './random-policies.ts';

const RULE = { name: 'r', action: 'allow' };

/** What is no policy: each with one thing wrong. */
const OTHERS: readonly unknown[] = [
  { default: 'allow-all' },
  { default: 'Members' },
  { default: '__proto__' },
  { default: null },
  { allow: ['A'] },
  { allow: ['*'] },
  { allow: 'a' },
  { allow: ['web', 7] },
  { allow: Array.from({ length: 1001 }, () => 'a') },
  { deny: [] },
  { mode: 'off' },
  { tolerate: ['everything'] },
  { tolerate: 'semicolon' },
  { rules: {} },
  { rules: [null] },
  { rules: [{}] },
  { rules: [{ name: 'r' }] },
  { rules: [{ action: 'deny' }] },
  { rules: [{ ...RULE, name: 'R' }] },
  { rules: [{ ...RULE, action: 'ALLOW' }] },
  { rules: [RULE, RULE] },
  { rules: [{ ...RULE, mode: 'audit' }] },
  { rules: [{ ...RULE, colour: 'red' }] },
  { rules: Array.from({ length: 1001 }, (_, index) => ({ ...RULE, name: `r${index}` })) },
  ...['services', 'apps', 'ids', 'methods', 'paths', 'ports'].flatMap((list) => [
    { rules: [{ ...RULE, [list]: [] }] },
    { rules: [{ ...RULE, [list]: null }] },
    { rules: [{ ...RULE, [list]: [{}] }] },
    { rules: [{ ...RULE, [list]: 'a' }] },
    { rules: [{ ...RULE, [list]: ['*'] }] },
  ]),
  { rules: [{ ...RULE, services: ['a.b.c'] }] },
  { rules: [{ ...RULE, ids: ['spiffe://other.example'] }] },
  { rules: [{ ...RULE, methods: ['get'] }] },
  { rules: [{ ...RULE, paths: ['/a/../b'] }] },
  { rules: [{ ...RULE, paths: ['/a*'] }] },
  { rules: [{ ...RULE, ports: [0] }] },
  { rules: [{ ...RULE, ports: [1.5] }] },
  { rules: [{ ...RULE, labels: {} }] },
  { rules: [{ ...RULE, labels: { team: 1 } }] },
  { rules: [{ ...RULE, headers: {} }] },
  { rules: [{ ...RULE, headers: { 'x-a': [] } }] },
  { rules: [{ ...RULE, headers: { 'x-a': 'b' } }] },
  { rules: [{ ...RULE, headers: { 'x-a': ['é'] } }] },
];

test('a policy is read as it is written, also out of canonical JSON', () => {
  fc.assert(
    fc.property(policies, (list) => {
      for (const { policy } of list) {
        assert.deepEqual(policyShape(policyJson(policy), ''), policy);
        const bytes = Buffer.from(canonicalJson(policyJson(policy)));
        assert.deepEqual(policyShape(parseCanonicalJson(bytes) ?? null, ''), policy);
        assert.deepEqual(readPolicyOptions(policyJson(policy)), { ok: true, policy });
      }
    }),
    { numRuns: 1000 },
  );
  assert.deepEqual(policyJson(MEMBERS), { allow: [], default: 'members' }, 'one without rules is written as it ever was');
  assert.ok(Object.isFrozen(MEMBERS) && Object.isFrozen(MEMBERS.allow));
});

test('nothing else is a policy, for statements and for users', () => {
  for (const other of OTHERS) {
    const told = JSON.stringify(other).slice(0, 200);
    assert.throws(() => policyShape({ default: 'deny-all', allow: [], ...(other as object) }, ''), ShapeError, told);
    const read = readPolicyOptions(other);
    assert.ok(!read.ok && read.mistakes.length > 0, told);
  }
  for (const other of [[], null, 'members', undefined, 7]) {
    assert.throws(() => policyShape(other as Json, ''), ShapeError);
    assert.ok(!readPolicyOptions(other).ok);
  }
  for (const other of [{}, { default: 'members' }, { allow: [] }])
    assert.throws(() => policyShape(other, ''), ShapeError, 'a statement says all');
});

test('what a user leaves out loosens nothing: an empty policy lets nobody in', () => {
  for (const policy of [{}, { allow: [] }, { rules: [] }, { mode: 'enforce' }, { default: undefined, rules: undefined }]) {
    const read = readPolicyOptions(policy);
    assert.ok(read.ok);
    assert.deepEqual([read.policy.default, read.policy.allow], ['deny-all', []]);
  }
});

test('all mistakes are told together, each with its place', () => {
  const read = readPolicyOptions({
    default: 'all',
    allow: ['web', 'X'],
    deny: 1,
    rules: [
      { name: 'one', action: 'allow', methods: ['GET', 'post'], headers: { 'x-a': true, host: true }, colour: 'red' },
      { name: 'one', paths: '/a' },
      7,
      { name: 'two', action: 'allow', mode: 'audit' },
    ],
  });
  assert.deepEqual(read.ok ? [] : read.mistakes.map(({ path }) => path.join('.')), [
    ...['default', 'allow.1', 'deny'],
    ...['rules.0.methods.1', 'rules.0.headers.host', 'rules.0.colour'],
    ...['rules.1.action', 'rules.1.paths', 'rules.1.name', 'rules.2', 'rules.3.mode'],
  ]);
});
