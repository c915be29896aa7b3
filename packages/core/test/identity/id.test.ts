import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceName } from '../../src/app/name.ts';
import { IdentityId } from '../../src/identity/id.ts';
import { identitySpiffeId, InstanceName, instanceSpiffeId, parseInstanceSpiffeId } from '../../src/identity/spiffe-id.ts';
import { newIdentity } from '../builders/identities.ts';

const { history } = await newIdentity();
const { id } = history;

test('an ID is SHA-256 of the payload of the inception, in 52 characters of base32', () => {
  const digest = createHash('sha256').update(history.last.payload).digest();
  const bits = [...digest]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .padEnd(260, '0');
  const spelled = (bits.match(/.{5}/g) ?? []).map((group) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(group, 2)));
  assert.equal(id, spelled.join(''));
});

test('an ID is a DNS label, a SPIFFE trust domain, and never a name', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (payload) => {
      const made = IdentityId.ofInception(payload);
      assert.match(made, /^[a-z2-7]{52}$/);
      assert.ok(IdentityId.is(made) && !ServiceName.is(made));
    }),
  );
});

test('of all spellings one is an ID', () => {
  const others = [
    id.toUpperCase(),
    `${id}=`,
    `${id}====`,
    ` ${id}`,
    `${id}\n`,
    `${id}.`,
    id.slice(1),
    `a${id}`,
    `${id.slice(0, 51)}b`,
    `${id.slice(0, 50)}1a`,
    `${id.slice(0, 50)}\u0430a`,
    '',
  ];
  for (const other of others) assert.equal(IdentityId.parse(other), undefined, JSON.stringify(other));
  for (const other of [null, 1, [id], { id }]) assert.ok(!IdentityId.is(other));
});

test('SPIFFE IDs: an identity is a trust domain, an instance a path in it', () => {
  const instance = InstanceName.parse('Web_1-a');
  assert.ok(instance);
  assert.equal(identitySpiffeId(id), `spiffe://${id}`);
  assert.equal(instanceSpiffeId(id, instance), `spiffe://${id}/i/Web_1-a`);
  assert.deepEqual(parseInstanceSpiffeId(instanceSpiffeId(id, instance)), { id, instance });
});

test('of all URIs one is that of an instance', () => {
  const others = [
    `spiffe://${id}`,
    `spiffe://${id}/`,
    `spiffe://${id}/i`,
    `spiffe://${id}/i/`,
    `spiffe://${id}/m/one`,
    `spiffe://${id}/i/one/`,
    `spiffe://${id}/i/one/two`,
    `spiffe://${id}/i/../i/one`,
    `spiffe://${id}/i//one`,
    `spiffe://${id}/i/%6fne`,
    `spiffe://${id}/i/one?a`,
    `spiffe://${id}/i/one#a`,
    `spiffe://${id}/i/one\n`,
    `spiffe://${id}/i/one\0`,
    `spiffe://${id}/i/${'a'.repeat(65)}`,
    `spiffe://${id}:443/i/one`,
    `spiffe://user@${id}/i/one`,
    `spiffe://${id.toUpperCase()}/i/one`,
    `SPIFFE://${id}/i/one`,
    `spiffe:/${id}/i/one`,
    `https://${id}/i/one`,
    ` spiffe://${id}/i/one`,
    `spiffe://${id.slice(1)}/i/one`,
    `spiffe://${id.slice(0, 51)}b/i/one`,
    '',
  ];
  for (const other of others) assert.equal(parseInstanceSpiffeId(other), undefined, JSON.stringify(other));
});

test('a name is a DNS label of 1 to 40 characters', () => {
  for (const name of ['a', '0', 'orders', 'a-b', 'a--b', '9to5', 'a'.repeat(40)]) assert.equal(ServiceName.parse(name), name);
  const others = [
    '',
    '-',
    '-a',
    'a-',
    'A',
    'a.b',
    'a_b',
    'a b',
    'a\n',
    'a'.repeat(41),
    'é',
    'xn--\u00e9',
    'a/b',
    '*',
    '__proto__',
    '\0',
  ];
  for (const other of others) assert.equal(ServiceName.parse(other), undefined, JSON.stringify(other));
});

test('an instance name is 1 to 64 of letters, digits, _ and -', () => {
  for (const name of ['a', '-', '_', 'A-z_0', 'a'.repeat(64)]) assert.equal(InstanceName.parse(name), name);
  for (const other of ['', 'a.b', 'a/b', '..', 'a\n', 'a'.repeat(65), 'é', ' ', '%2e'])
    assert.equal(InstanceName.parse(other), undefined, other);
});
