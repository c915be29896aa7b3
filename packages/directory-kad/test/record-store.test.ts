import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showRecordKey, type IdentityId, type SignedRecord, type VerifiedRecord } from '@themis-mesh/core';
import { KAD, RecordStore, type RecordStoreOptions, type StoreOutcome } from '@themis-mesh/directory-kad';
import type { ForkProof } from '@themis-mesh/storage';
import { OpenRoster, Signers } from '@themis-mesh/testkit';
import { sampleOf } from '../src/store/sample.ts';
import { TokenBuckets } from '../src/store/token-bucket.ts';
import { placeAt } from './contacts.ts';
import { idOf } from './vectors/cases.ts';

const PEER = idOf('a peer');

/** A store, and who puts things into it. */
class Kept {
  readonly roster: OpenRoster = new OpenRoster();
  readonly forks: ForkProof[] = [];
  readonly changes: string[] = [];
  readonly drops: string[] = [];
  readonly store: RecordStore;
  readonly #signers: Signers;

  constructor(signers: Signers, options: Partial<RecordStoreOptions> = {}) {
    this.#signers = signers;
    this.store = new RecordStore({
      own: placeAt('own'),
      app: signers.app.id,
      onFork: (proof) => this.forks.push(proof),
      onChange: ({ key }) => this.changes.push(showRecordKey(key)),
      onDrop: (key) => this.drops.push(showRecordKey(key)),
      ...options,
    });
  }

  put(record: SignedRecord, from: IdentityId = PEER): StoreOutcome {
    return this.store.store(record, { from, roster: this.roster, seconds: this.#signers.now, millis: this.#signers.clock.now() });
  }

  /** @throws AssertionError where it is not stored */
  stored(...records: readonly SignedRecord[]): void {
    for (const record of records) assert.equal(this.put(record).outcome, 'stored', showRecordKey(record.key));
  }

  refused(record: SignedRecord, code: string, from?: IdentityId): Extract<StoreOutcome, { readonly outcome: 'refused' }> {
    const outcome = this.put(record, from);
    assert.ok(outcome.outcome === 'refused', outcome.outcome);
    assert.equal(outcome.refusal.code, code);
    return outcome;
  }
}

test('a storer keeps what is newer, refreshes what is the same, and answers with the newer where it is not', async () => {
  const signers = await Signers.create();
  const kept = new Kept(signers);
  const leaf = await signers.app.leaf('orders');
  const [first, second] = [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })];
  kept.stored(signers.history(), first, second);
  assert.equal(kept.put(second).outcome, 'unchanged');
  const refused = kept.refused(first, 'record-rolled-back');
  assert.deepEqual(refused.held && Buffer.from(refused.held), Buffer.from(second.bytes));
  assert.deepEqual(kept.changes.slice(1), [showRecordKey(first.key), showRecordKey(second.key)]);
});

test('a storer keeps the first of two that contradict each other, and the proof', async () => {
  const signers = await Signers.create();
  const kept = new Kept(signers);
  const [first, other] = [await signers.service(1, ['h2']), await signers.service(1, ['http/1.1'])];
  kept.stored(signers.history(), first);
  const refused = kept.refused(other, 'record-forked');
  assert.deepEqual(refused.held && Buffer.from(refused.held), Buffer.from(first.bytes), 'who stores it can show the proof, too');
  assert.deepEqual(
    kept.forks.map(({ kind, id }) => [kind, id]),
    [['service', signers.orders.id]],
  );
});

test('only what members sign is kept, and what somebody signs whom the channel proved', async () => {
  const signers = await Signers.create();
  const kept = new Kept(signers);
  kept.roster.forget(signers.orders.id);
  kept.refused(signers.history(), 'member-unknown');
  assert.equal(kept.put(signers.history(), signers.orders.id).outcome, 'stored', 'admitted by a charter newer than the one held');
  kept.roster.remove(signers.orders.id);
  kept.refused(await signers.service(1), 'member-removed', signers.orders.id);
  kept.store.sweep(signers.now, kept.roster);
  assert.equal(kept.store.records, 0);
  assert.equal(kept.store.bytes, 0);
});

test('a service has so many instances, and what has ended makes room', async () => {
  const signers = await Signers.create();
  const kept = new Kept(signers, { limits: { instances: 2 } });
  kept.stored(signers.history(), await signers.instance(1, { instance: 'a' }), await signers.instance(1, { instance: 'b' }));
  kept.refused(await signers.instance(1, { instance: 'c' }), 'record-quota');
  kept.stored(await signers.instance(2, { instance: 'a' }));
  signers.clock.advance(61_000);
  kept.stored(await signers.instance(1, { instance: 'c' }));
  assert.equal(kept.store.instances(signers.orders.id, signers.now).length, 1);
});

test('a peer has so many records of others, in number and in bytes, and its own besides', async () => {
  const signers = await Signers.create();
  const payments = signers.app.service('payments');
  const byNumber = new Kept(signers, { limits: { peerRecords: 1 } });
  byNumber.stored(signers.history());
  byNumber.refused(signers.history(payments), 'node-peer-quota');
  assert.equal(byNumber.put(signers.history(payments), payments.id).outcome, 'stored', 'its own');
  assert.equal(byNumber.put(signers.history()).outcome, 'unchanged', 'what it has put before');
  const byBytes = new Kept(signers, { limits: { peerBytes: signers.history().bytes.length } });
  byBytes.stored(signers.history());
  byBytes.refused(signers.history(payments), 'node-peer-quota');
});

test('a full store drops the places farthest from its own, and refuses what is farther than all', async () => {
  const signers = await Signers.create();
  const payments = signers.app.service('payments');
  const [one, other] = [signers.history(), signers.history(payments)];
  const limits = { totalBytes: Math.max(one.bytes.length, other.bytes.length) + 10 };
  const outcomes = [placeAt('here'), placeAt('there'), placeAt('anywhere'), placeAt('nowhere')].map((own) => {
    const kept = new Kept(signers, { limits, own });
    kept.stored(one);
    const outcome = kept.put(other);
    assert.ok(kept.store.bytes <= limits.totalBytes);
    if (outcome.outcome === 'refused') assert.equal(outcome.refusal.code, 'node-full');
    else assert.deepEqual(kept.drops, [showRecordKey(one.key)]);
    return outcome.outcome;
  });
  assert.deepEqual(new Set(outcomes), new Set(['stored', 'refused']), 'it depends on where the store is');
});

test('what ends is gone by itself, and the sweep makes room for it', async () => {
  const signers = await Signers.create();
  const kept = new Kept(signers);
  kept.stored(signers.history(), await signers.instance(1), await signers.service(1));
  signers.clock.advance(61_000);
  assert.deepEqual(kept.store.instances(signers.orders.id, signers.now), []);
  kept.store.sweep(signers.now, kept.roster);
  assert.equal(kept.store.records, 2);
});

test('a record verified once is not verified again while nothing changes, and is when the history does', async () => {
  const signers = await Signers.create();
  const kept = new Kept(signers);
  kept.stored(signers.history(), await signers.service(1));
  const { key } = await signers.service(1);
  const first = kept.store.find(key, signers.now);
  assert.ok(first !== undefined);
  assert.equal(kept.store.find(key, signers.now), first, 'the very object');
  await signers.orders.rotate(signers.now, 0);
  kept.stored(signers.history());
  assert.equal(kept.store.find(key, signers.now), undefined);
});

test('a store that believes everything keeps what is forged: that is what verification is for', async () => {
  const signers = await Signers.create();
  const sound = await signers.service(5);
  const forged = { key: sound.key, bytes: Buffer.from('{"forged":true}') };
  const kept = new Kept(signers);
  kept.stored(signers.history());
  kept.refused(forged, 'statement-not-jws');
  const gullible = new Kept(signers, { judge: { verify: (record) => ({ ok: true, value: believing(record) }) } });
  assert.equal(gullible.put(forged).outcome, 'stored');

  function believing(record: SignedRecord): VerifiedRecord {
    const believed = kept.store.find({ kind: 'history', id: signers.orders.id }, signers.now) ?? assert.fail();
    return { ...believed, ...record };
  }
});

test('a peer that floods is refused, its neighbours are not, and time makes it good', () => {
  const buckets = new TokenBuckets(10, 20);
  const taken = Array.from({ length: 30 }, () => buckets.take(PEER, 1, 0)).filter((ok) => ok).length;
  assert.equal(taken, 20);
  assert.equal(buckets.take(idOf('another'), 1, 0), true);
  assert.equal(buckets.take(PEER, 1, 100), true);
  assert.equal(buckets.take(PEER, 1, 100), false);
  buckets.sweep(10_000);
  assert.equal(buckets.take(PEER, 20, 10_000), true);
});

test('of thousands of instances a fair sample is told, most of it of the asker’s zone', () => {
  const thousands = Array.from({ length: 3_000 }, (_, at) => instanceIn(at % 3 === 0 ? 'near' : 'far', at));
  let state = 1;
  const chance = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const sample = sampleOf(thousands, { zone: 'near', chance });
  assert.equal(sample.length, KAD.sampleRecords);
  assert.equal(new Set(sample).size, sample.length);
  const near = sample.filter((record) => zoneNameOf(record) === 'near').length;
  assert.ok(near >= (KAD.sampleRecords * 3) / 4 && near < KAD.sampleRecords, String(near));
  const counts = new Map<string, number>();
  for (let round = 0; round < 400; round += 1) {
    for (const { key } of sampleOf(thousands, { chance }))
      counts.set(showRecordKey(key), (counts.get(showRecordKey(key)) ?? 0) + 1);
  }
  // Each comes 17 times on average; with a fair draw hardly one in a million is beyond six deviations.
  const mean = (400 * KAD.sampleRecords) / 3_000;
  assert.ok(Math.max(...counts.values()) < mean + 6 * Math.sqrt(mean));
  assert.ok(counts.size > 2_990);
  const few = thousands.slice(0, 100);
  assert.equal(sampleOf(few, { chance }), few, 'all of few');
});

test('a sample has a bound in bytes, too', () => {
  const large = Array.from({ length: 100 }, (_, at) => instanceIn('near', at, 30_000));
  const sample = sampleOf(large, { zone: 'near', chance: () => 0.5 });
  const bytes = sample.reduce((sum, record) => sum + record.bytes.length, 0);
  assert.ok(bytes <= KAD.sampleBytes && bytes > KAD.sampleBytes - 30_000);
});

const zones = new WeakMap<VerifiedRecord, string>();

function zoneNameOf(record: VerifiedRecord): string | undefined {
  return zones.get(record);
}

/** Only what a sample looks at. */
function instanceIn(zone: string, at: number, size = 10): VerifiedRecord {
  const body = { kind: 'instance', statement: { claims: { zone } } };
  const key = { kind: 'instance', id: PEER, instance: `i${at}` };
  const record = { key, bytes: Buffer.alloc(size), body } as unknown as VerifiedRecord;
  zones.set(record, zone);
  return record;
}
