import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import {
  believeMember,
  canonicalJson,
  MemorySigner,
  parseCanonicalJson,
  readMembership,
  rotate,
  signJoinRequest,
  type Anchor,
  type History,
  type Json,
} from '@themis-mesh/core';
import { Home, IdentityFile, readForkProofs, rotateStored, StoredHistories } from '@themis-mesh/storage';
import {
  acceptAdmission,
  addService,
  admit,
  makeJoinRequest,
  MEMBERSHIP_SECONDS,
  readApp,
  removeService,
  type Workplace,
} from '../src/index.ts';
import { serviceFiles } from '../src/service-files.ts';
import { failsWith, later, makeApp, NOW, openPlace, ORDERS, PAYMENTS, scratchFolder } from './workshop.ts';

test('two machines, by files: asked, admitted, accepted', async (t) => {
  const { owner, machine, request } = await ask(t);
  const admitted = await admit(owner, request, { labels: { zone: 'b' } });
  const accepted = await acceptAdmission(machine, admitted.admission);
  assert.equal(accepted.member.id, admitted.member.id);
  assert.equal(accepted.app.charter.digest, (await readApp(owner)).charter.digest);
  const identity = await new IdentityFile(machine.home.service(ORDERS).identity).read();
  const membership = readMembership(identity?.service?.membership ?? new Uint8Array());
  assert.ok(identity !== undefined && membership.ok);
  assert.equal(membership.value.claims.exp, NOW + MEMBERSHIP_SECONDS);
  const credentials = { history: identity.history, membership: membership.value };
  assert.ok(believeMember(credentials, { app: accepted.app, freshness: 600 }, NOW).ok);
  assert.equal((await readApp(machine)).charter.digest, accepted.app.charter.digest);
  assert.equal((await machine.home.app()).anchor.checkpoint?.digest, accepted.app.charter.digest);
  assert.equal((await machine.directory.find({ kind: 'history', id: identity.history.id })).outcome, 'found');
});

test('asking again with the same identity gives a membership of full length, and keeps the labels', async (t) => {
  const { owner, machine, request } = await ask(t);
  await acceptAdmission(machine, (await admit(owner, request, { labels: { zone: 'b' } })).admission);
  const [ownerLater, machineLater] = [await later(owner, 86_400), await later(machine, 86_400)];
  const again = await makeJoinRequest(machineLater, { name: ORDERS });
  const admitted = await admit(ownerLater, again.request);
  assert.deepEqual(admitted.member.labels, new Map([['zone', 'b']]));
  const { member } = await acceptAdmission(machineLater, admitted.admission);
  assert.equal(member.id, again.identity.history.id);
  assert.equal(admitted.app.charter.claims.members.length, 1);
});

test('after a rotation the newer keys are admitted, and the request of the older ones is refused', async (t) => {
  const { owner, machine, request } = await ask(t);
  await acceptAdmission(machine, (await admit(owner, request)).admission);
  await rotateStored(serviceFiles(machine.home, ORDERS, undefined), { grace: 0, now: NOW + 10 });
  const rotated = await makeJoinRequest(machine, { name: ORDERS });
  const { member } = await admit(owner, rotated.request);
  assert.equal(member.min.seq, 1);
  await assert.rejects(admit(owner, request), failsWith('THEMIS_STATEMENT_REFUSED', 'member-key-behind'));
});

test('a request for a name that another identity has', async (t) => {
  const { owner, request } = await ask(t);
  await addService(owner, ORDERS);
  await assert.rejects(admit(owner, request), failsWith('THEMIS_NAME_TAKEN'));
});

test('a request of a member for a second name', async (t) => {
  const { owner, machine, request } = await ask(t);
  await admit(owner, request);
  const identity = await new IdentityFile(machine.home.service(ORDERS).identity).read();
  assert.ok(identity !== undefined);
  const { app } = (await machine.home.app()).anchor;
  const second = await signJoinRequest({ app, name: PAYMENTS, now: NOW }, identity.history, identity.signers);
  await assert.rejects(admit(owner, second), failsWith('THEMIS_MEMBER_RENAMED'));
});

test('a request signed by another key than those of its history', async (t) => {
  const { owner, machine } = await ask(t);
  const identity = await new IdentityFile(machine.home.service(ORDERS).identity).read();
  assert.ok(identity !== undefined);
  const { app } = (await machine.home.app()).anchor;
  const forged = await signJoinRequest({ app, name: ORDERS, now: NOW }, identity.history, [MemorySigner.generate()]);
  await assert.rejects(admit(owner, forged), failsWith('THEMIS_STATEMENT_REFUSED', 'statement-key-unknown'));
});

test('a request for another app, one of the future, and one that is no request', async (t) => {
  const { owner, machine } = await ask(t);
  const other = await makeApp(t);
  const elsewhere = Home.at(join(await scratchFolder(t), 'elsewhere'));
  const { anchor } = await other.home.app();
  const foreign = await makeJoinRequest({ home: elsewhere, now: NOW }, { name: ORDERS, anchor });
  await assert.rejects(admit(owner, foreign.request), failsWith('THEMIS_STATEMENT_REFUSED', 'join-request-other-app'));
  const early = await makeJoinRequest({ ...machine, now: NOW + 3600 }, { name: ORDERS });
  await assert.rejects(admit(owner, early.request), failsWith('THEMIS_STATEMENT_REFUSED', 'join-request-future'));
  await assert.rejects(admit(owner, Buffer.from('{}')), failsWith('THEMIS_STATEMENT_REFUSED', 'statement-shape'));
  assert.deepEqual((await readApp(owner)).charter.claims.members, []);
});

test('a removed identity does not come back, and a new one under the same name does', async (t) => {
  const { owner, machine, request } = await ask(t);
  await admit(owner, request);
  await removeService(owner, ORDERS);
  await assert.rejects(admit(owner, request), failsWith('THEMIS_STATEMENT_REFUSED', 'member-removed'));
  const second = await joiner(t, (await machine.home.app()).anchor);
  const { member } = await admit(owner, second.request);
  assert.equal(member.id, second.identity.history.id);
});

test('an admission with any one field changed is refused', async (t) => {
  const { owner, machine, request } = await ask(t);
  const { admission } = await admit(owner, request);
  const body = parseCanonicalJson(admission) as { readonly [name: string]: Json };
  const stranger = await admit(owner, (await joiner(t, (await machine.home.app()).anchor, PAYMENTS)).request);
  const other = parseCanonicalJson(stranger.admission) as typeof body;
  const app = body['app'] as typeof body;
  const cases: readonly (readonly [RegExp, Uint8Array])[] = [
    [/statement-not-canonical/, admission.subarray(0, -1)],
    [/statement-shape/, bytesOf({ ...body, extra: 1 })],
    [/is not believed/, bytesOf({ ...body, membership: flipped(body['membership']) })],
    [/is not believed/, bytesOf({ ...body, app: { ...app, charter: flipped(app['charter']) } })],
    [/is missing|no such identity/, bytesOf({ ...body, membership: other['membership'] ?? null })],
  ];
  for (const [reason, bytes] of cases) await assert.rejects(acceptAdmission(machine, bytes), { message: reason });
  const identity = await new IdentityFile(machine.home.service(ORDERS).identity).read();
  assert.equal(identity?.service?.membership, undefined);
});

test('an admission of another app, and one that is behind the anchor', async (t) => {
  const { machine, owner, request } = await ask(t);
  const admitted = await admit(owner, request);
  const foreign = await makeApp(t);
  const elsewhere = await joiner(t, (await foreign.home.app()).anchor);
  const theirs = await admit(foreign, elsewhere.request);
  await assert.rejects(acceptAdmission(machine, theirs.admission), failsWith('THEMIS_STATEMENT_REFUSED', 'charter-other-app'));
  await addService(owner, PAYMENTS);
  const pinnedLater = await joiner(t, (await owner.home.app()).anchor);
  const behind = acceptAdmission(pinnedLater.machine, admitted.admission);
  await assert.rejects(behind, failsWith('THEMIS_STATEMENT_REFUSED', 'charter-rolled-back'));
});

test('an admission for keys that are not here, and one that a newer charter has taken back', async (t) => {
  const { owner, machine, request } = await ask(t);
  const { admission } = await admit(owner, request);
  const { anchor } = await machine.home.app();
  const other = await joiner(t, anchor);
  await assert.rejects(acceptAdmission(other.machine, admission), failsWith('THEMIS_IDENTITY_MISSING'));
  const { request: second } = await joinHere(machine, PAYMENTS);
  await removeService(owner, ORDERS);
  await acceptAdmission(machine, (await admit(owner, second)).admission);
  await assert.rejects(acceptAdmission(machine, admission), failsWith('THEMIS_STATEMENT_REFUSED', 'charter-rolled-back'));
});

test('an admission that has ended', async (t) => {
  const { owner, machine, request } = await ask(t);
  const { admission } = await admit(owner, request);
  const tooLate = await later(machine, MEMBERSHIP_SECONDS);
  await assert.rejects(acceptAdmission(tooLate, admission), failsWith('THEMIS_STATEMENT_REFUSED', 'membership-expired'));
});

test('a home is for one app, and a name in it for one identity', async (t) => {
  const { machine } = await ask(t);
  const other = await makeApp(t);
  const { anchor } = await other.home.app();
  await assert.rejects(makeJoinRequest(machine, { name: PAYMENTS, anchor }), failsWith('THEMIS_HOME_FOREIGN'));
  const nowhere = Home.at(join(await scratchFolder(t), 'none'));
  await assert.rejects(makeJoinRequest({ home: nowhere, now: NOW }, { name: ORDERS }), failsWith('THEMIS_HOME_MISSING'));
});

test('who holds no keys of the app admits nobody', async (t) => {
  const { machine, request } = await ask(t);
  await assert.rejects(admit(machine, request), failsWith('THEMIS_OWNER_MISSING'));
  await assert.rejects(addService(machine, PAYMENTS), failsWith('THEMIS_OWNER_MISSING'));
});

test('a history that departs from the one seen before is refused, and both are kept as proof', async (t) => {
  const { owner, machine, request } = await ask(t);
  await admit(owner, request);
  const place = serviceFiles(machine.home, ORDERS, undefined);
  const stolen = await place.identity.read();
  assert.ok(stolen !== undefined);
  const recovery = await place.recovery.committed(stolen.history);
  const rotated = await rotateStored(place, { grace: 0, now: NOW + 10 });
  await using seen = await StoredHistories.open(owner.home.seen, { alarms: owner.home.alarms });
  await seen.keep(rotated.history);
  const thief = await forkOf(stolen.history, recovery);
  const { app } = (await machine.home.app()).anchor;
  const forged = await signJoinRequest({ app, name: ORDERS, now: NOW }, thief.history, thief.signers);
  await assert.rejects(admit(owner, forged), failsWith('THEMIS_HISTORY_FORKED', 'history-forked'));
  assert.equal((await readForkProofs(owner.home.alarms)).length, 1);
  await assert.rejects(admit(owner, request), failsWith('THEMIS_STATEMENT_REFUSED', 'history-superseded'));
});

/** Another second event than the owner's, by who stole the recovery keys. */
async function forkOf(history: History, revealed: readonly MemorySigner[]) {
  const signers = [MemorySigner.generate()];
  const next = { signers: [MemorySigner.generate()], threshold: 1 };
  const operational = { signers, threshold: 1 };
  return { signers, history: await rotate(history, { revealed, operational, recovery: next, grace: 0, now: NOW + 20 }) };
}

interface Asked {
  readonly owner: Workplace;
  readonly machine: Workplace;
  readonly request: Uint8Array;
}

/** An app, a machine that is to join it, and what that asks. */
async function ask(t: TestContext): Promise<Asked> {
  const owner = await makeApp(t);
  return { owner, ...(await joiner(t, (await owner.home.app()).anchor)) };
}

async function joiner(t: TestContext, anchor: Anchor, name = ORDERS) {
  const home = Home.at(join(await scratchFolder(t), 'machine'));
  const asked = await makeJoinRequest({ home, now: NOW }, { name, anchor });
  return { machine: await openPlace(home), ...asked };
}

function joinHere(machine: Workplace, name: typeof ORDERS): ReturnType<typeof makeJoinRequest> {
  return makeJoinRequest(machine, { name });
}

function bytesOf(json: Json): Uint8Array {
  return Buffer.from(canonicalJson(json));
}

/** A statement with one bit of its payload changed. */
function flipped(jws: Json | undefined): Json {
  const { payload, ...rest } = jws as { readonly payload: string };
  const bytes = Buffer.from(payload, 'base64url');
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  return { ...rest, payload: bytes.toString('base64url') };
}
