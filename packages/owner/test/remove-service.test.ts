import assert from 'node:assert/strict';
import test from 'node:test';
import { believeMember, IdentityId, MAX_CHARTER_SECONDS, readMembership } from '@themis-mesh/core';
import { IdentityFile } from '@themis-mesh/storage';
import { addService, readApp, removeService, renewApp, setPolicy } from '../src/index.ts';
import { failsWith, later, makeApp, NOW, ORDERS, PAYMENTS } from './workshop.ts';

test('who is removed is not believed any more, whatever it carries', async (t) => {
  const place = await makeApp(t);
  const { member } = await addService(place, ORDERS);
  const identity = await new IdentityFile(place.home.service(ORDERS).identity).read();
  const removed = await removeService(place, ORDERS);
  const app = await readApp(place);
  assert.equal(app.charter.digest, removed.app.charter.digest);
  assert.equal(app.charter.memberByName(ORDERS), undefined);
  const membership = readMembership(identity?.service?.membership ?? new Uint8Array());
  assert.ok(identity !== undefined && membership.ok);
  const belief = believeMember({ history: identity.history, membership: membership.value }, { app, freshness: 600 }, NOW);
  assert.equal(belief.ok ? 'believed' : belief.refusal.code, 'member-removed');
  assert.ok(app.charter.removes(member.id));
});

test('by its ID as well as by its name', async (t) => {
  const place = await makeApp(t);
  const { member } = await addService(place, ORDERS);
  assert.ok(IdentityId.is(member.id));
  assert.equal((await removeService(place, member.id)).member.name, ORDERS);
});

test('a name that nobody has', async (t) => {
  const place = await makeApp(t);
  await assert.rejects(removeService(place, ORDERS), failsWith('THEMIS_NAME_UNKNOWN'));
});

test('a removal is forgotten when no membership can outlast it, and not before', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  const { member } = await removeService(place, ORDERS);
  const before = await renewApp(await later(place, MAX_CHARTER_SECONDS - 1));
  assert.ok(before.app.charter.removes(member.id));
  const after = await renewApp(await later(place, MAX_CHARTER_SECONDS));
  assert.ok(!after.app.charter.removes(member.id));
});

test('policies stand in the charter, one for each service', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  await addService(place, PAYMENTS);
  await setPolicy(place, PAYMENTS, { default: 'members', allow: [] });
  await setPolicy(place, PAYMENTS, { default: 'deny-all', allow: [ORDERS] });
  const { charter } = await readApp(place);
  const policy = { default: 'deny-all', allow: [ORDERS] };
  assert.deepEqual(charter.claims.policies, [{ name: PAYMENTS, services: [PAYMENTS], policy }]);
  await setPolicy(place, PAYMENTS, undefined);
  assert.deepEqual((await readApp(place)).charter.claims.policies, []);
});

test('a policy names members only', async (t) => {
  const place = await makeApp(t);
  await addService(place, PAYMENTS);
  await assert.rejects(setPolicy(place, ORDERS, undefined), failsWith('THEMIS_NAME_UNKNOWN'));
  await assert.rejects(setPolicy(place, PAYMENTS, { default: 'deny-all', allow: [ORDERS] }), failsWith('THEMIS_NAME_UNKNOWN'));
});

test('nothing is signed by a clock that is behind the last charter', async (t) => {
  const place = await makeApp(t);
  await assert.rejects(renewApp(await later(place, -61)), failsWith('THEMIS_CLOCK_BEHIND'));
  await renewApp(await later(place, -60));
});
