import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../src/policy/decide.ts';
import { callerNamed, policyOf, requestOf } from './small-world.ts';

const AMBIGUOUS = 'policy-header-ambiguous';

/** The rule that decides, or the refusal where the headers cannot be judged. */
function ruled(headers: readonly string[], ...rules: readonly object[]): string {
  const policy = policyOf({ rules: rules.map((rule, index) => ({ name: `r${index}`, ...rule })) });
  const { decision } = decide(callerNamed('a'), requestOf('GET', '/', headers), [policy]);
  return decision.allowed || decision.because !== AMBIGUOUS ? decision.rule : AMBIGUOUS;
}

const ALLOW_ADMIN = { action: 'allow', headers: { 'x-role': ['admin'] } };
const DENY_ADMIN = { action: 'deny', headers: { 'x-role': ['admin'] } };
const ALLOW = { action: 'allow' };

test('a header is matched whatever the case of its name, and by its whole value', () => {
  for (const name of ['x-role', 'X-Role', 'X-ROLE']) assert.equal(ruled([name, 'admin'], ALLOW_ADMIN), 'r0');
  for (const value of ['Admin', 'admins', 'an admin', '', 'admin;q=1', 'admin, user', 'user, admin', 'admin\u00a0', ' admin'])
    assert.equal(ruled(['x-role', value], ALLOW_ADMIN), 'default', value);
  assert.equal(ruled([], ALLOW_ADMIN), 'default');
  assert.equal(ruled(['accept', 'admin'], ALLOW_ADMIN), 'default');
});

test('of a list in one value any member is denied', () => {
  for (const value of ['admin', 'user, admin', 'admin,user', 'user ,\tadmin ,x'])
    assert.equal(ruled(['x-role', value], DENY_ADMIN, ALLOW), 'r0', value);
  for (const value of ['user', 'administrator', '']) assert.equal(ruled(['x-role', value], DENY_ADMIN, ALLOW), 'r1', value);
});

test('a header that is judged by its value and comes twice is refused, in both orders and any case', () => {
  const twice = [
    ['x-role', 'user', 'x-role', 'admin'],
    ['x-role', 'admin', 'x-role', 'user'],
    ['X-Role', 'admin', 'x-role', 'admin'],
    ['x-role', 'admin', 'accept', '*/*', 'X-ROLE', ''],
  ];
  for (const headers of twice) {
    assert.equal(ruled(headers, ALLOW_ADMIN), AMBIGUOUS);
    assert.equal(ruled(headers, DENY_ADMIN, ALLOW), AMBIGUOUS);
  }
  assert.equal(ruled(['accept', 'a', 'accept', 'b', 'x-role', 'admin'], ALLOW_ADMIN), 'r0', 'others may');
  assert.equal(
    ruled(['x-role', 'a', 'x-role', 'b'], { action: 'allow', headers: { 'x-role': true } }),
    'r0',
    'of presence alone too',
  );
});

test('a spelling that some programs take for a header that is named is refused', () => {
  for (const name of ['x_role', 'X_Role', 'x.role', 'x~role', 'X_role']) {
    assert.equal(ruled([name, 'user'], ALLOW_ADMIN), AMBIGUOUS, name);
    assert.equal(ruled(['x-role', 'admin', name, 'user'], ALLOW_ADMIN), AMBIGUOUS, name);
    assert.equal(ruled([name, 'admin'], { action: 'deny', headers: { 'x-role': true } }, ALLOW), AMBIGUOUS, name);
  }
});

test('a header that is named and that the next hop would not see is refused', () => {
  for (const value of ['x-role', 'close, X-Role', 'x_role,keep-alive'])
    assert.equal(ruled(['x-role', 'admin', 'Connection', value], ALLOW_ADMIN), AMBIGUOUS, value);
  assert.equal(ruled(['x-role', 'admin', 'connection', 'close, te'], ALLOW_ADMIN), 'r0');
});

test('presence and absence', () => {
  const present = { action: 'allow', headers: { 'x-role': true } };
  const absent = { action: 'allow', headers: { 'x-role': false } };
  assert.deepEqual([ruled(['x-role', ''], present), ruled([], present)], ['r0', 'default']);
  assert.deepEqual([ruled(['x-role', ''], absent), ruled([], absent)], ['default', 'r0']);
});

test('names that mean something to JavaScript objects are names as all others', () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
    assert.equal(ruled([name, 'admin'], ALLOW_ADMIN), 'default');
    assert.equal(ruled([name, 'x', 'x-role', 'admin', name, 'y'], ALLOW_ADMIN), 'r0');
  }
  assert.equal(ruled(['constructor', 'admin'], { action: 'allow', headers: { constructor: ['admin'] } }), 'r0');
  assert.equal(ruled([], { action: 'allow', headers: { constructor: true } }), 'default');
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
});

test('headers that say how a message travels or who calls are not for policies, nor are names that have two spellings', () => {
  const names = ['host', 'connection', 'content-length', 'x-forwarded-client-cert', 'x-themis-caller', 'proxy-authorization'];
  for (const name of [...names, 'X-Role', 'x_role', '', 'x-', ':path', 'x role', `x${'y'.repeat(64)}`])
    assert.throws(() => ruled([], { action: 'allow', headers: { [name]: true } }), name);
  assert.throws(() => ruled([], { action: 'allow', headers: JSON.parse('{"__proto__": true}') as object }));
});
