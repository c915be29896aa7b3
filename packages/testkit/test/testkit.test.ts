import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { makeBadLeaves, ManualClock, skewed, TestApp, TestService, waitFor, within } from '@themis-mesh/testkit';

test('a leaf of a member is believed, one of a stranger has no name', async () => {
  const clock = new ManualClock();
  const app = await TestApp.found(['web', 'payments'], clock);
  const trust = app.trust();
  const { leaf, identity } = await app.leaf('web');
  const member = trust.authenticate([leaf, identity], clock.seconds);
  assert(member.ok);
  assert.equal(member.value.name, 'web');

  const stranger = await app.leaf(await TestService.create('web', clock.seconds));
  const verdict = trust.authenticate([stranger.leaf, stranger.identity], clock.seconds);
  assert(verdict.ok);
  assert.equal(verdict.value.name, undefined);
});

test('a member that was admitted is known by its leaf, and one that was removed is not', async () => {
  const app = await TestApp.found(['web']);
  const trust = app.trust();
  const now = Math.floor(Date.now() / 1000);
  await app.admit('late');
  const late = await app.leaf('late');
  const before = trust.authenticate([late.leaf, late.identity], now);
  assert(before.ok);
  assert.equal(before.value.by, 'membership');

  assert(trust.takeApp(await app.remove('late')).ok);
  const after = trust.authenticate([late.leaf, late.identity], now);
  assert(!after.ok);
  assert.equal(after.refusal.code, 'member-removed');
});

test('every bad leaf is refused by the code it is said to be', async () => {
  const app = await TestApp.found(['web']);
  const now = Math.floor(Date.now() / 1000);
  for (const { defect, refusal, leaf } of await makeBadLeaves(app, 'web', now)) {
    const chain = leaf.chain.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem).raw);
    const verdict = app.trust().authenticate(chain, now);
    assert(!verdict.ok, defect);
    assert.equal(verdict.refusal.code, refusal, defect);
  }
});

test('a manual clock fires what falls due, in order, and what was set meanwhile', () => {
  const clock = new ManualClock(1_000_000);
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, clock.now()]);
  clock.after(30, note('c'));
  clock.after(10, () => {
    note('a')();
    clock.after(10, note('b'));
  });
  const callOff = clock.after(15, note('never'));
  clock.after(100, note('later'));
  callOff();
  clock.advance(50);
  assert.deepEqual(fired, [
    ['a', 1_000_010],
    ['b', 1_000_020],
    ['c', 1_000_030],
  ]);
  assert.equal(clock.now(), 1_000_050);
  assert.equal(clock.pending, 1);
  assert.equal(skewed(clock, -50).now(), 1_000_000);
});

test('waiting ends with a value or at its deadline', async () => {
  let count = 0;
  assert.equal(await waitFor(() => ++count > 3 && count), 4);
  await assert.rejects(
    waitFor(() => false, 'what never comes', 20),
    /20 ms for what never comes/,
  );
  await assert.rejects(within(new Promise(() => undefined), 'nothing', 20), /20 ms for nothing/);
});
