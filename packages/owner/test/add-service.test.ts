import assert from 'node:assert/strict';
import { lstat, rm } from 'node:fs/promises';
import test from 'node:test';
import { believeMember, readMembership, type AppState, type History } from '@themis-mesh/core';
import { createStored, IdentityFile, RecoveryFile } from '@themis-mesh/storage';
import { addService, addServices, readApp, removeService, type Workplace } from '../src/index.ts';
import { failsWith, later, makeApp, NOW, ORDERS, PAYMENTS } from './workshop.ts';

test('a service is made and admitted in one step: its keys and membership here, its name in the charter', async (t) => {
  const place = await makeApp(t);
  const added = await addService(place, ORDERS, { labels: { team: 'shop' } });
  const app = await readApp(place);
  const identity = await identityOf(place);
  assert.equal(added.published.is, 'published');
  assert.deepEqual(app.charter.memberByName(ORDERS), added.member);
  assert.deepEqual(added.member.labels, new Map([['team', 'shop']]));
  assert.equal(added.member.id, identity.history.id);
  assert.deepEqual(app.charter.sequence, [0, 1]);
  assert.equal((await place.directory.find({ kind: 'history', id: added.member.id })).outcome, 'found');
  assert.ok(believes(app, identity));
  assert.equal((await new RecoveryFile(place.home.service(ORDERS).recovery).committed(identity.history)).length, 1);
});

test('a verifier that holds an older charter believes the membership', async (t) => {
  const place = await makeApp(t);
  const before = await readApp(place);
  await addService(place, ORDERS);
  const { history, membership } = await identityOf(place);
  const belief = believeMember({ history, membership: readOf(membership) }, { app: before, freshness: 600 }, NOW + 5);
  assert.ok(belief.ok);
  assert.equal(belief.value.by, 'membership');
});

test('a service that is there is not made again', async (t) => {
  const place = await makeApp(t);
  const { member, app } = await addService(place, ORDERS);
  await assert.rejects(addService(place, ORDERS), failsWith('THEMIS_IDENTITY_EXISTS'));
  assert.equal((await readApp(place)).charter.digest, app.charter.digest);
  assert.equal((await identityOf(place)).history.id, member.id);
});

test('what a crash left half done is taken up again, with the keys that were made', async (t) => {
  const place = await makeApp(t);
  const { anchor } = await place.home.app();
  const paths = place.home.service(ORDERS);
  const files = { identity: new IdentityFile(paths.identity), recovery: new RecoveryFile(paths.recovery) };
  const { history } = await createStored(files, { now: NOW, service: { name: ORDERS, app: anchor.app } });
  const added = await addService(place, ORDERS);
  assert.equal(added.member.id, history.id);
  assert.ok(believes(added.app, await identityOf(place)));
});

test('a name whose keys are elsewhere is taken', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  await rm(place.home.service(ORDERS).folder, { recursive: true });
  await assert.rejects(addService(place, ORDERS), failsWith('THEMIS_NAME_TAKEN'));
  await assert.rejects(lstat(place.home.service(ORDERS).folder), { code: 'ENOENT' });
});

test('a removed service comes back as a new identity, and the old keys are kept out of its way', async (t) => {
  const place = await makeApp(t);
  const first = await addService(place, ORDERS);
  await removeService(place, ORDERS);
  const second = await addService(place, ORDERS);
  assert.notEqual(second.member.id, first.member.id);
  assert.ok(second.app.charter.removes(first.member.id));
  assert.ok(second.setAside?.endsWith(first.member.id));
  assert.equal((await new IdentityFile(`${second.setAside ?? ''}/identity.json`).readPublic())?.history.id, first.member.id);
});

test('labels that are none are refused before anything is made', async (t) => {
  const place = await makeApp(t);
  await assert.rejects(addService(place, ORDERS, { labels: { Team: 'shop' } }), failsWith('THEMIS_LABELS_INVALID'));
  await assert.rejects(addService(place, ORDERS, { labels: { team: 'a\nb' } }), failsWith('THEMIS_LABELS_INVALID'));
  await assert.rejects(lstat(place.home.service(ORDERS).folder), { code: 'ENOENT' });
});

test('several services are made by one charter, and each by itself is as one that was made alone', async (t) => {
  const place = await makeApp(t);
  const added = await addServices(place, [ORDERS, PAYMENTS, ORDERS], { labels: { team: 'shop' } });
  const app = await readApp(place);
  assert.deepEqual(
    added.map(({ member }) => member.name),
    [ORDERS, PAYMENTS],
  );
  assert.deepEqual(app.charter.sequence, [0, 1]);
  for (const { member, membership } of added) {
    const { history } = (await new IdentityFile(place.home.service(member.name).identity).read()) ?? {};
    assert.ok(history !== undefined && history.id === member.id);
    assert.deepEqual(app.charter.memberByName(member.name), member);
    assert.ok(believes(app, { history, membership }));
  }
});

test('where one of several names cannot be had, nothing is made', async (t) => {
  const place = await makeApp(t);
  const { app } = await addService(place, ORDERS);
  await assert.rejects(addServices(place, [PAYMENTS, ORDERS]), failsWith('THEMIS_IDENTITY_EXISTS'));
  await assert.rejects(lstat(place.home.service(PAYMENTS).folder), { code: 'ENOENT' });
  assert.equal((await readApp(place)).charter.digest, app.charter.digest);
});

test('every action renews the charter, and the memberships here that are half over', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  const first = await identityOf(place);
  const soon = await later(place, 1000);
  await addService(soon, PAYMENTS);
  assert.deepEqual((await identityOf(soon)).membership, first.membership);
  const afterHalf = await later(place, 46 * 86_400);
  const { app } = await removeService(afterHalf, PAYMENTS);
  assert.equal(app.charter.claims.iat, afterHalf.now);
  const renewed = readOf((await identityOf(afterHalf)).membership);
  assert.equal(renewed.claims.iat, afterHalf.now);
  assert.deepEqual(renewed.claims.charter, app.charter.sequence);
});

async function identityOf({ home }: Workplace): Promise<{ readonly history: History; readonly membership: Uint8Array }> {
  const identity = await new IdentityFile(home.service(ORDERS).identity).read();
  const membership = identity?.service?.membership;
  assert.ok(identity !== undefined && membership !== undefined);
  return { history: identity.history, membership };
}

function believes(app: AppState, { history, membership }: Awaited<ReturnType<typeof identityOf>>): boolean {
  return believeMember({ history, membership: readOf(membership) }, { app, freshness: 600 }, NOW).ok;
}

function readOf(bytes: Uint8Array): Extract<ReturnType<typeof readMembership>, { ok: true }>['value'] {
  const read = readMembership(bytes);
  assert.ok(read.ok);
  return read.value;
}
