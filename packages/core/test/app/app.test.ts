import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorJson, anchorOf, anchorShape, holdToAnchor } from '../../src/app/anchor.ts';
import { advanceApp, appStateBytes, MAX_APP_STATE_BYTES, readAppState } from '../../src/app/app-state.ts';
import { Charter } from '../../src/app/charter.ts';
import { EMPTY_CHARTER, nextCharter } from '../../src/app/found.ts';
import { signHead, verifyHead } from '../../src/app/head.ts';
import { signJoinRequest, verifyJoinRequest } from '../../src/app/join-request.ts';
import { memberJson, memberShape } from '../../src/app/member.ts';
import { compareSequences, showSequence, type Sequence } from '../../src/app/sequence.ts';
import type { Json } from '../../src/encoding/canonical-json.ts';
import { ShapeError } from '../../src/encoding/shape.ts';
import { advanced, memberOf, named, newApp } from '../builders/apps.ts';
import { restate } from '../builders/forge.ts';
import { newIdentity, NOW, rotated } from '../builders/identities.ts';
import { accepted, assertRefused } from '../builders/verdicts.ts';

const owner = await newIdentity();
const service = await newIdentity();
const member = memberOf('orders', service);
const app = await newApp({ members: [member] }, owner);

test('a charter answers by ID and by name, and says whom it removes', async () => {
  const gone = await newIdentity();
  const policies = [
    { name: named('all'), services: [], policy: { default: 'members', allow: [] } },
    { name: named('money'), services: [named('payments')], policy: { default: 'deny-all', allow: [named('orders')] } },
  ] as const;
  const { charter } = (await newApp({ members: [member], removed: [{ id: gone.history.id, until: NOW + 1 }], policies }, owner))
    .state;
  assert.deepEqual(charter.memberById(service.history.id), member);
  assert.deepEqual(charter.memberByName(named('orders')), member);
  assert.equal(charter.memberById(gone.history.id), undefined);
  assert.equal(charter.memberByName(named('constructor')), undefined);
  assert.ok(charter.removes(gone.history.id) && !charter.removes(service.history.id));
  const names = (of: string): readonly string[] => charter.policiesFor(named(of)).map(({ name }) => name);
  assert.deepEqual([names('payments'), names('orders')], [['all', 'money'], ['all']]);
});

test('an app comes back from its wire form, and a charter of many members is bounded', async () => {
  const bytes = appStateBytes(app.state);
  const again = accepted(readAppState(bytes, NOW));
  assert.deepEqual([again.history.point, again.charter.digest], [app.state.history.point, app.state.charter.digest]);
  assert.equal(accepted(advanceApp(app.state, again)), 'same');
  assertRefused(readAppState(Buffer.alloc(MAX_APP_STATE_BYTES + 1, 0x20), NOW), 'statement-too-large');
  const ids = Array.from({ length: 2000 }, (_, index) => ({ ...member, name: named(`s${index}`) }));
  assertRefused(
    Charter.verify(await restateMembers(ids), owner.history, NOW),
    'charter-names-repeated',
    'one identity under 2000 names',
  );
});

function restateMembers(members: readonly (typeof member)[]): Promise<Uint8Array> {
  return restate(app.state.charter.statement.bytes, owner.operational, (claims) => ({
    ...claims,
    members: members.map(memberJson),
  }));
}

test('a member comes back from its JSON', () => {
  const full = {
    ...member,
    labels: new Map([['constructor', 'a']]),
    nodes: { count: 1, salt: Buffer.alloc(16, 7) },
    ext: { a: [1] },
  };
  assert.deepEqual(memberShape(memberJson(full), ''), full);
  assert.deepEqual(memberShape(memberJson(member), ''), member);
});

test('sequences: the keys first, then the counter', () => {
  const ordered: readonly Sequence[] = [
    [0, 0],
    [0, 1],
    [0, Number.MAX_SAFE_INTEGER],
    [1, 0],
    [1, 1],
    [15, 0],
  ];
  for (const [left, a] of ordered.entries())
    for (const [right, b] of ordered.entries()) assert.equal(Math.sign(compareSequences(a, b)), Math.sign(left - right));
  assert.equal(showSequence([1, 2]), '1.2');
});

test('the next charter goes on from the one before, and new keys count anew', async () => {
  const second = await advanced(app, {});
  assert.deepEqual(second.state.charter.sequence, [0, 1]);
  assert.equal(second.state.charter.claims.prev, app.state.charter.digest);
  const wire = await restate(app.state.charter.statement.bytes, owner.operational, (claims) => ({
    ...claims,
    seq: Number.MAX_SAFE_INTEGER,
    prev: app.state.charter.digest,
  }));
  const thief = { history: owner.history, charter: accepted(Charter.verify(wire, owner.history, NOW)) };
  const renewed = await rotated(owner);
  const recovered = await nextCharter(thief, renewed.history, renewed.operational, EMPTY_CHARTER, { now: NOW });
  assert.deepEqual(recovered.charter.sequence, [1, 1]);
  assert.equal(accepted(advanceApp(thief, recovered)), 'newer');
  assertRefused(advanceApp(recovered, thief), 'charter-rolled-back');
});

test('the owner’s tool never lowers what an app believes at least, and goes on from its own history only', async () => {
  const after = await rotated(service);
  const raised = await newApp({ members: [memberOf('orders', after)] }, owner);
  await assert.rejects(advanced(raised, { members: [member] }), /never lowers/);
  const forked = await rotated(service);
  await assert.rejects(advanced(raised, { members: [memberOf('orders', forked)] }), /never lowers/);
  assert.ok(await advanced(raised, { members: [memberOf('other-name', after)] }));
  const times = { now: NOW };
  const other = await newIdentity();
  await assert.rejects(nextCharter(app.state, other.history, other.operational, EMPTY_CHARTER, times), /does not go on/);
  const renewed = await rotated(owner);
  const current = await advanced(app, {}, renewed);
  await assert.rejects(nextCharter(current.state, owner.history, owner.operational, EMPTY_CHARTER, times), /does not go on/);
  const fork = await rotated(owner);
  await assert.rejects(nextCharter(current.state, fork.history, fork.operational, EMPTY_CHARTER, times), /does not go on/);
});

test('an owner that signs what it cannot is told so', async () => {
  await assert.rejects(newApp({ members: [member, { ...member, name: named('again') }] }, owner), /charter-names-repeated/);
  await assert.rejects(newApp({}, { ...owner, operational: service.operational }), /statement-key-unknown/);
  await assert.rejects(newApp({}, owner, 401 * 86_400), /statement-shape: exp/);
});

test('an anchor holds an app to the state at which it was pinned', async () => {
  const second = await advanced(app, {});
  const otherSecond = await advanced(app, { members: [] });
  const renewed = await rotated(owner);
  const third = await advanced(second, {}, renewed);
  const otherThird = await advanced(second, {}, await rotated(owner));
  const anchor = anchorOf(second.state);
  assert.deepEqual(anchorShape(anchorJson(anchor), ''), anchor);
  for (const state of [second.state, third.state]) assert.equal(accepted(holdToAnchor(state, anchor)), state);
  for (const state of [app.state, third.state, otherThird.state])
    assert.equal(accepted(holdToAnchor(state, { app: owner.history.id })), state);
  assertRefused(holdToAnchor(app.state, anchor), 'charter-rolled-back');
  assertRefused(holdToAnchor(otherSecond.state, anchor), 'charter-digest');
  assertRefused(holdToAnchor((await newApp()).state, anchor), 'charter-other-app');
  assertRefused(holdToAnchor(second.state, anchorOf(third.state)), 'history-behind-checkpoint');
  assertRefused(holdToAnchor(otherThird.state, anchorOf(third.state)), 'history-off-checkpoint');
  const others: readonly Json[] = [
    {},
    { app: 'a' },
    { ...(anchorJson(anchor) as object), more: 1 },
    { app: anchor.app, checkpoint: {} },
    null,
  ];
  for (const other of others) assert.throws(() => anchorShape(other, ''), ShapeError);
});

test('a head that a timekeeper signs is read back; what nobody may say is not signed', async () => {
  const clock = await newIdentity();
  const [signer] = clock.operational;
  assert.ok(signer);
  const { charter } = (await newApp({ timekeepers: [{ id: clock.history.id, min: clock.history.point }] }, owner)).state;
  const claims = { app: owner.history.id, charter: charter.sequence, digest: charter.digest, iat: NOW, exp: NOW + 60 };
  const { bytes } = await signHead(claims, signer);
  assert.deepEqual(accepted(verifyHead(bytes, clock.history, charter, NOW, 600)).claims, { ...claims, v: 1 });
  await assert.rejects(signHead({ ...claims, exp: NOW }, signer), /statement-shape: exp/);
});

test('a join request carries the history of who asks', async () => {
  const bytes = await signJoinRequest(
    { app: owner.history.id, name: named('orders'), now: NOW },
    service.history,
    service.operational,
  );
  const { claims, history } = accepted(verifyJoinRequest(bytes));
  assert.deepEqual(claims, { v: 1, app: owner.history.id, id: service.history.id, name: 'orders', iat: NOW });
  assert.deepEqual(history.point, service.history.point);
  assertRefused(verifyJoinRequest(Buffer.alloc(131_073, 0x20)), 'statement-too-large');
});
