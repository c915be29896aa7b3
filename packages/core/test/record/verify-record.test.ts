import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusalCode } from '../../src/outcome/refusals.ts';
import { MemorySigner } from '../../src/keys/signer.ts';
import { MAX_RECORD_BYTES, showRecordKey, type RecordKey, type SignedRecord } from '../../src/record/key.ts';
import { compareRecords, type RecordOrder } from '../../src/record/order.ts';
import { verifyRecord, type VerifiedRecord } from '../../src/record/verify-record.ts';
import { advanced, memberOf } from '../builders/apps.ts';
import { restate } from '../builders/forge.ts';
import { newIdentity, NOW, retired, rotated } from '../builders/identities.ts';
import { accepted, assertRefused, outcomeOf } from '../builders/verdicts.ts';
import {
  charterRecord,
  contextOf,
  headRecord,
  historyRecord,
  instanceNamed,
  instanceRecord,
  leafOf,
  newRecordWorld,
  oneOfEachRecord,
  serviceRecord,
} from './records.ts';

const world = await newRecordWorld();
const other = await newRecordWorld();
const HISTORIES = [world, other].flatMap(({ app, service }) => [app.owner.history, service.history]);
const context = contextOf(HISTORIES);
const records = await oneOfEachRecord(world);

test('a record of each kind is believed under its own key, and under no other', async () => {
  const keys: readonly RecordKey[] = [...records, ...(await oneOfEachRecord(other))].map(({ key }) => key);
  const more: readonly RecordKey[] = [
    { kind: 'instance', id: world.service.history.id, instance: instanceNamed('two') },
    { kind: 'head', id: world.app.owner.history.id, by: other.service.history.id },
    { kind: 'head', id: other.app.owner.history.id, by: world.service.history.id },
    { kind: 'history', id: world.app.owner.history.id },
    { kind: 'charter', id: world.service.history.id },
    { kind: 'service', id: world.app.owner.history.id },
    { kind: 'head', id: world.service.history.id, by: world.service.history.id },
  ];
  for (const { key, bytes } of records) {
    for (const asked of [...keys, ...more]) {
      const outcome = outcomeOf(verifyRecord({ key: asked, bytes }, context));
      const isOwn = showRecordKey(asked) === showRecordKey(key);
      assert.equal(outcome === 'accepted', isOwn, `${showRecordKey(key)} under ${showRecordKey(asked)}: ${outcome}`);
    }
  }
});

test('a key is shown in letters that every file system and every log takes', () => {
  const shown = records.map(({ key }) => showRecordKey(key));
  assert.equal(new Set(shown).size, shown.length);
  for (const text of shown) assert.match(text, /^[A-Za-z0-9_\-/.]+$/);
});

test('no change of one byte of a record is believed, and none makes the verifier throw', () => {
  for (const { key, bytes } of records) {
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let place = 0; place < bytes.length; place += step) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ (1 << (place % 8));
      assert.notEqual(outcomeOf(verifyRecord({ key, bytes: changed }, context)), 'accepted', `${key.kind}, byte ${place}`);
    }
  }
});

test('a record is no larger than its kind may be, and sizes are looked at first', () => {
  for (const { key } of records) {
    assertRefused(
      verifyRecord({ key, bytes: Buffer.alloc(MAX_RECORD_BYTES[key.kind] + 1, 0x20) }, context),
      'statement-too-large',
      key.kind,
    );
    assertRefused(verifyRecord({ key, bytes: Buffer.alloc(0) }, context), 'statement-not-json', key.kind);
  }
});

test('an instance record is signed by the leaf that it carries, which the service’s history proves', async () => {
  const record = await instanceRecord(world, { seq: 3, zone: 'eu-1' });
  const { body, sequence, expires } = accepted(verifyRecord(record, context));
  assert.ok(body.kind === 'instance' && body.statement.claims.endpoints[0]?.host === '127.0.0.1');
  assert.deepEqual([sequence, expires], [[0, 3], NOW + 60]);
  const soon = await instanceRecord(world, { leaf: await leafOf(world, { ttl: 30 }) });
  assert.equal(accepted(verifyRecord(soon, context)).expires, NOW + 30, 'no record outlives its leaf');
  assert.ok(verifyRecord(await instanceRecord(world, { endpoints: [] }), context).ok, 'it listens nowhere any more');
});

test('an instance record with one defect', async () => {
  const { service } = world;
  const after = await rotated(service, { now: NOW, grace: 100 });
  const stranger = MemorySigner.generate();
  const two = instanceNamed('two');
  const key: RecordKey = { kind: 'instance', id: service.history.id, instance: two };
  const cases: readonly (readonly [string, RefusalCode, Promise<SignedRecord>, ReturnType<typeof contextOf>?])[] = [
    ['of another key than the leaf’s', 'statement-key-unknown', instanceRecord(world, {}, stranger)],
    ['of the service key, which is no leaf key', 'statement-key-unknown', instanceRecord(world, {}, service.operational[0])],
    ['the leaf of another instance', 'record-leaf', instanceRecord(world, { leaf: await leafOf(world, { instance: two }) })],
    [
      'the leaf of another service',
      'leaf-other-identity',
      instanceRecord(world, { leaf: await leafOf(world, { service: other.service }) }),
    ],
    ['no certificate', 'leaf-der-truncated', instanceRecord(world, { leaf: Buffer.from('leaf') })],
    ['a leaf that has ended', 'leaf-expired', instanceRecord(world, { leaf: await leafOf(world, { now: NOW - 4000 }) })],
    ['a record that has ended', 'record-expired', instanceRecord(world, { iat: NOW - 60, exp: NOW })],
    ['a record dated 61 seconds ahead', 'record-future', instanceRecord(world, { iat: NOW + 61, exp: NOW + 100 })],
    ['a record that lives 61 seconds', 'record-life', instanceRecord(world, { exp: NOW + 61 })],
    ['an unknown service', 'history-unknown', instanceRecord(world), contextOf([])],
    ['a retired service', 'history-retired', instanceRecord(world), contextOf([(await retired(service)).history])],
    [
      'keys whose grace is over',
      'history-superseded',
      instanceRecord(world, { iat: NOW + 90, exp: NOW + 150 }),
      contextOf([after.history], NOW + 100),
    ],
    ['another instance under this key', 'record-key', instanceRecord(world).then(({ bytes }) => ({ key, bytes }))],
  ];
  for (const [what, code, record, at = context] of cases) {
    const outcome = outcomeOf(verifyRecord(await record, at));
    assert.equal(outcome, code, what);
  }
  const { key: own, bytes } = await instanceRecord(world);
  for (const endpoint of [
    { host: '0x7f.1', port: 1, alpn: ['h2'] },
    { host: '127.0.0.1', port: 0, alpn: ['h2'] },
  ]) {
    const odd = await restate(bytes, [world.leafSigner], (claims) => ({ ...claims, endpoints: [endpoint] }));
    assertRefused(verifyRecord({ key: own, bytes: odd }, context), 'statement-shape');
  }
});

test('an instance goes on in the grace of its keys, and no record of it outlives that', async () => {
  const after = await rotated(world.service, { now: NOW, grace: 30 });
  const record = await instanceRecord(world);
  assert.equal(accepted(verifyRecord(record, contextOf([after.history], NOW + 29))).expires, NOW + 30);
});

function verified(record: SignedRecord, histories = HISTORIES): VerifiedRecord {
  return accepted(verifyRecord(record, contextOf(histories)));
}

test('of two records under one key the newer counts, and equals that differ are a fork', async () => {
  const assertOrder = (held: SignedRecord, candidate: SignedRecord, order: RecordOrder, histories = HISTORIES): void => {
    const pair = [verified(held, histories), verified(candidate, histories)] as const;
    assert.equal(compareRecords(pair[0], pair[1]), order, `${held.key.kind}: ${order}`);
    const back = { newer: 'older', older: 'newer', same: 'same', forks: 'forks' } as const;
    assert.equal(compareRecords(pair[1], pair[0]), back[order], `${held.key.kind}: ${order}, the other way round`);
  };
  for (const record of records) assertOrder(record, record, 'same');

  const { service, app } = world;
  const after = await rotated(service, { grace: 1000 });
  assertOrder(historyRecord(service.history), historyRecord(after.history), 'newer');
  assertOrder(historyRecord(after.history), historyRecord((await rotated(service)).history), 'forks');

  const second = await advanced(app, {});
  assertOrder(charterRecord(app), charterRecord(second), 'newer');
  assertOrder(charterRecord(second), charterRecord(await advanced(app, { members: [] })), 'forks');
  const renewed = await rotated(app.owner);
  assertOrder(charterRecord(second), charterRecord(await advanced(app, {}, renewed)), 'newer');
  assertOrder(
    charterRecord(await advanced(app, {}, renewed)),
    charterRecord(await advanced(app, {}, await rotated(app.owner))),
    'forks',
  );

  assertOrder(await headRecord(world, NOW - 1), await headRecord(world), 'newer');
  assertOrder(await headRecord(world), await headRecord(world, NOW, second.state.charter.digest), 'forks');

  assertOrder(await serviceRecord(world, { seq: 1 }), await serviceRecord(world, { seq: 2 }), 'newer');
  assertOrder(await serviceRecord(world, { seq: 1 }), await serviceRecord(world, { seq: 1, alpn: ['http/1.1'] }), 'forks');
  const highest = await serviceRecord(world, { seq: Number.MAX_SAFE_INTEGER });
  assertOrder(highest, await serviceRecord(world, { key: 1 }, after), 'newer', [after.history]);

  assertOrder(await instanceRecord(world, { seq: 1 }), await instanceRecord(world, { seq: 2 }), 'newer');
  assertOrder(await instanceRecord(world, { seq: 1 }), await instanceRecord(world, { seq: 1, zone: 'a' }), 'forks');
  const underNew = await instanceRecord(world, { leaf: await leafOf(world, { service: after }) });
  assertOrder(await instanceRecord(world, { seq: Number.MAX_SAFE_INTEGER }), underNew, 'newer', [after.history]);
});

test('a charter of the wrong link is a fork, not an older one', async () => {
  const { app } = world;
  const one = await advanced(app, { members: [] });
  const two = await advanced(await advanced(app, { members: [memberOf('mail', await newIdentity())] }), {});
  assert.equal(compareRecords(verified(charterRecord(one)), verified(charterRecord(two))), 'forks');
});
