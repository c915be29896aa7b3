import assert from 'node:assert/strict';
import test from 'node:test';
import { readMembership } from '@themis-mesh/core';
import { IdentityFile } from '@themis-mesh/storage';
import { addService, readApp, setNodes, setPolicy } from '../src/index.ts';
import { failsWith, makeApp, ORDERS, PAYMENTS } from './workshop.ts';

test('a member is allowed nodes, and keeps their places when it is allowed more', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  const first = await setNodes(place, ORDERS, 1);
  const second = await setNodes(place, ORDERS, 3);
  assert.equal(first.member.nodes?.count, 1);
  assert.equal(first.member.nodes.salt.length, 16);
  assert.deepEqual(second.member.nodes, { count: 3, salt: first.member.nodes.salt });
  assert.deepEqual((await readApp(place)).charter.memberByName(ORDERS), second.member);
});

test('the membership follows, and other changes of the charter leave the nodes alone', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  const { member } = await setNodes(place, ORDERS, 2);
  const { service } = (await new IdentityFile(place.home.service(ORDERS).identity).readPublic()) ?? {};
  const membership = readMembership(service?.membership ?? new Uint8Array());
  assert.ok(membership.ok);
  assert.deepEqual(membership.value.claims.member, member);
  const { app } = await setPolicy(place, ORDERS, { default: 'deny-all', allow: [] });
  assert.deepEqual(app.charter.memberByName(ORDERS), member);
});

test('a member that is allowed none any more gets other places when it is allowed some again', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  const before = await setNodes(place, ORDERS, 1);
  const none = await setNodes(place, ORDERS, 0);
  const after = await setNodes(place, ORDERS, 1);
  assert.equal(none.member.nodes, undefined);
  assert.notDeepEqual(after.member.nodes?.salt, before.member.nodes?.salt);
});

test('who is no member, and what is no count, is refused', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  await assert.rejects(setNodes(place, PAYMENTS, 1), failsWith('THEMIS_NAME_UNKNOWN'));
  for (const count of [-1, 65, 1.5, NaN])
    await assert.rejects(setNodes(place, ORDERS, count), failsWith('THEMIS_CONFIG_INVALID'));
});
