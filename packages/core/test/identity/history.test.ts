import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareHistories, type HistoryComparison } from '../../src/identity/compare.ts';
import { incept, retire, rotate } from '../../src/identity/establish.ts';
import { MAX_EVENTS, MAX_HISTORY_BYTES } from '../../src/identity/events.ts';
import { History } from '../../src/identity/history.ts';
import { historyBytes, readHistory } from '../../src/identity/history-wire.ts';
import { claimsOf, forge, restate } from '../builders/forge.ts';
import { HYBRID, newIdentity, newSigners, NOW, retired, rotated, type Owned } from '../builders/identities.ts';
import { accepted, assertRefused, outcomeOf } from '../builders/verdicts.ts';

const TYP = 'themis-event+jwt';

test('an ID stays while keys change, and each event says which keys hold', async () => {
  const first = await newIdentity();
  const second = await rotated(first, { now: NOW + 10 });
  const third = await rotated(second, { now: NOW + 20, owners: 2 });
  const { history } = third;
  assert.equal(history.id, first.history.id);
  assert.deepEqual(
    history.events.map(({ claims }) => claims.t),
    ['inception', 'rotation', 'rotation'],
  );
  for (const [seq, owned] of [first, second, third].entries()) {
    const keys = history.quorumAt(seq)?.signers.flatMap((signer) => signer.keys.map((key) => key.thumbprint));
    assert.deepEqual(
      keys,
      owned.operational.flatMap((signer) => signer.keys.map((key) => key.thumbprint)),
    );
    assert.ok(history.holds(owned.history.point));
  }
  assert.equal(history.quorumAt(3), undefined);
  assert.equal(history.quorumAt(-1), undefined);
});

test('a history comes back from its wire form', async () => {
  const { history } = await rotated(await newIdentity({ algorithms: HYBRID }), { algorithms: HYBRID });
  const again = accepted(readHistory(historyBytes(history)));
  assert.deepEqual([again.id, again.point], [history.id, history.point]);
  assert.equal(compareHistories(history, again), 'same');
  assert.deepEqual(accepted(accepted(History.verify(history.wires.slice(0, 1))).extend(history.last.bytes)).point, history.point);
});

test('a history cannot be changed', async () => {
  const { history } = await newIdentity();
  assert.ok(Object.isFrozen(history.events) && Object.isFrozen(history.last.claims));
});

test('a history ends at 16 events, and its wire form at 64 KiB', async () => {
  let owned = await newIdentity();
  for (let count = 1; count < MAX_EVENTS; count += 1) owned = await rotated(owned);
  assert.equal(accepted(readHistory(historyBytes(owned.history))).seq, MAX_EVENTS - 1);
  await assert.rejects(rotated(owned), /statement-shape: seq/);
  assertRefused(History.verify([...owned.history.wires, owned.history.last.bytes]), 'history-too-long');
  assertRefused(History.verify([]), 'history-empty');

  let large = await newIdentity({ algorithms: HYBRID, owners: 2, recoverers: 2 });
  large = await rotated(large, { algorithms: HYBRID, owners: 2, recoverers: 2 });
  large = await rotated(large, { algorithms: HYBRID, owners: 2, recoverers: 2 });
  assert.ok(historyBytes(large.history).length > MAX_HISTORY_BYTES);
  assertRefused(readHistory(historyBytes(large.history)), 'statement-too-large');
});

test('what the owner’s tool makes is verified before it is given back', async () => {
  const owned = await newIdentity();
  const operational = { signers: newSigners(1), threshold: 1 };
  const recovery = { signers: newSigners(1), threshold: 1 };
  const plan = { operational, recovery, grace: 0, now: NOW };
  await assert.rejects(rotate(owned.history, { ...plan, revealed: newSigners(1) }), /history-reveal:/);
  await assert.rejects(rotate(owned.history, { ...plan, revealed: owned.recovery, now: NOW - 1 }), /history-time/);
  await assert.rejects(rotate(owned.history, { ...plan, revealed: owned.recovery, recovery: operational }), /statement-shape/);
  await assert.rejects(retire(owned.history, owned.operational, NOW), /history-reveal:/);
  await assert.rejects(incept({ operational: { ...operational, threshold: 2 }, recovery, now: NOW }), /statement-shape/);
  await assert.rejects(rotated(await retired(owned)), /history-after-retirement/);
});

test('a thief of all operational keys makes no event that anybody believes', async () => {
  const owner = await newIdentity({ owners: 2, recoverers: 2 });
  const thief = newSigners(2);
  const honest = claimsOf((await rotated(owner)).history.last.bytes);
  const shown = (signers: readonly { readonly keys: Owned['operational'][number]['keys'] }[]): readonly { keys: object[] }[] =>
    signers.map(({ keys }) => ({ keys: keys.map(({ jwk }) => ({ ...jwk })) }));
  const own = JSON.parse(
    JSON.stringify({ signers: shown(thief), mine: shown(owner.operational), theirs: shown(owner.recovery) }),
  ) as Readonly<Record<'signers' | 'mine' | 'theirs', []>>;
  const attempts: readonly (readonly [string, Promise<Uint8Array>])[] = [
    [
      'reveals the keys stolen',
      forge(TYP, { ...honest, signers: own.signers, reveal: own.mine }, [...owner.operational, ...thief]),
    ],
    [
      'reveals keys made for it',
      forge(TYP, { ...honest, signers: own.mine, reveal: own.signers }, [...owner.operational, ...thief]),
    ],
    [
      'has seen the recovery keys, which are public once shown',
      forge(TYP, { ...honest, signers: own.signers, reveal: own.theirs }, [...owner.operational, ...thief]),
    ],
    ['the same, signed only where it can', forge(TYP, { ...honest, signers: own.signers, reveal: own.theirs }, thief)],
    ['signs the honest rotation with what it has', forge(TYP, honest, owner.operational)],
    ['a new inception', forge(TYP, { ...claimsOf(owner.history.last.bytes), iat: NOW + 1 }, owner.operational)],
  ];
  for (const [what, attempt] of attempts) assert.notEqual(outcomeOf(owner.history.extend(await attempt)), 'accepted', what);
  const changed = await restate(owner.history.last.bytes, owner.operational, (claims) => ({ ...claims, iat: NOW + 1 }));
  assert.notEqual(accepted(History.verify([changed])).id, owner.history.id, 'an inception of other content has another ID');
});

test('k of n recovery signers: every set that is large enough, and no other', async () => {
  const owner = await newIdentity({ recoverers: 3, recoveryThreshold: 2 });
  const operational = newSigners(1);
  const next = { signers: newSigners(1), threshold: 1 };
  for (const mask of [1, 2, 3, 4, 5, 6, 7]) {
    const revealed = owner.recovery.filter((_, index) => mask & (1 << index));
    const plan = { revealed, operational: { signers: operational, threshold: 1 }, recovery: next, grace: 0, now: NOW };
    const made = rotate(owner.history, plan);
    if (revealed.length >= 2) assert.equal((await made).seq, 1);
    else await assert.rejects(made, /history-reveal-threshold/);
  }
});

test('keys are good until the first of the later events that ends their grace', async () => {
  const plan = fc.array(fc.record({ after: fc.nat(1000), grace: fc.nat(2000) }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(plan, fc.boolean(), async (rotations, ends) => {
      let owned = await newIdentity();
      let now = NOW;
      const ended: number[] = [];
      for (const { after, grace } of rotations) {
        now += after;
        owned = await rotated(owned, { now, grace });
        ended.push(now + grace);
      }
      if (ends) owned = await retired(owned, now);
      if (ends) ended.push(now);
      const { history } = owned;
      assert.equal(history.retired, ends);
      assert.equal(history.quorum === undefined, ends);
      for (const seq of history.events.keys()) {
        const until = history.goodUntil(seq);
        // Good at a time: no later event has ended it by then.
        for (const time of [until - 1, until, ...ended.flatMap((end) => [end - 1, end])].filter(Number.isFinite)) {
          assert.equal(
            time < until,
            ended.slice(seq).every((end) => time < end),
            `event ${seq} at ${time - NOW}`,
          );
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('two histories of one identity stand to each other as their lists of events do', async () => {
  // A tree of histories: each goes on from the one that its number names.
  const tree = fc.array(fc.nat(7), { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(tree, async (parents) => {
      const nodes: { readonly owned: Owned; readonly path: readonly number[] }[] = [{ owned: await newIdentity(), path: [0] }];
      for (const parent of parents) {
        const node = nodes[parent % nodes.length];
        assert.ok(node);
        nodes.push({ owned: await rotated(node.owned), path: [...node.path, nodes.length] });
      }
      for (const left of nodes) {
        for (const right of nodes) {
          assert.equal(compareHistories(left.owned.history, right.owned.history), standingOf(left.path, right.path));
        }
      }
    }),
    { numRuns: 10 },
  );
});

function standingOf(remembered: readonly number[], presented: readonly number[]): HistoryComparison {
  if (remembered.join() === presented.join()) return 'same';
  if (remembered.every((event, index) => presented[index] === event)) return 'extends';
  if (presented.every((event, index) => remembered[index] === event)) return 'precedes';
  return 'forks';
}
