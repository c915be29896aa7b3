import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { MAX_RECORD_BYTES, showRecordKey, type RecordKey } from '@themis-mesh/core';
import type { ForkProof } from '@themis-mesh/storage';
import type { Directory, EmbeddedOptions } from '@themis-mesh/directory';
import { TestService } from '../test-service.ts';
import { expectFound, expectRefused, instancesOf, storeAll } from './expectations.ts';
import { contradictions, ofEachKind, olderAndNewer } from './kinds.ts';
import { flipped, Signers } from './signers.ts';
import { checkWatching, type Check } from './watching.ts';

/** Opens one more handle on the same records. */
export type OpenDirectory = (options: EmbeddedOptions) => Promise<Directory>;

/**
 * What every directory must do. An adapter's own tests call it once.
 *
 * @param name of the adapter
 * @param place makes an empty directory for one test, and says how to open it
 */
export function testDirectory(name: string, place: (t: TestContext) => Promise<OpenDirectory>): void {
  const check: Check = (title, run) => {
    void test(`${name}: ${title}`, async (t) => {
      const signers = await Signers.create();
      const forks: ForkProof[] = [];
      const open = await place(t);
      const options = { app: signers.app.id, now: () => signers.now, onFork: (proof: ForkProof) => void forks.push(proof) };
      await using directory = await open({ ...options, maxInstances: 4 });
      await using other = await open(options);
      await run({ signers, directory, other, forks }, t);
    });
  };

  check('what is stored is found, by every handle, of every kind', async ({ signers, directory, other }) => {
    for (const record of await ofEachKind(signers)) {
      const answer = await directory.store(record);
      assert.ok(answer.outcome === 'stored', `${showRecordKey(record.key)}: ${JSON.stringify(answer)}`);
      assert.ok(answer.sample.answered >= 1 && answer.sample.answered <= answer.sample.of, JSON.stringify(answer));
      await expectFound(directory, record);
      await expectFound(other, record);
    }
  });

  check('what is not there is not found', async ({ signers, directory }) => {
    for (const { key } of await ofEachKind(signers)) assert.equal((await directory.find(key)).outcome, 'not-found');
    assert.deepEqual(await instancesOf(directory, signers.orders), []);
  });

  check('the same record again changes nothing', async ({ signers, directory, other }) => {
    for (const record of await ofEachKind(signers)) {
      await storeAll(directory, record);
      assert.equal((await other.store(record)).outcome, 'unchanged');
    }
  });

  check('a newer record takes the place of an older one, which does not come back', async ({ signers, directory, other }) => {
    await storeAll(directory, signers.history());
    for (const [older, newer] of await olderAndNewer(signers)) {
      await storeAll(directory, older, newer);
      for (const handle of [directory, other]) {
        const answer = await handle.store(older);
        expectRefused(answer, /^(record|charter)-rolled-back$/, showRecordKey(older.key));
        assert.deepEqual(answer.newer?.bytes && Buffer.from(answer.newer.bytes), Buffer.from(newer.bytes));
        await expectFound(handle, newer);
      }
    }
  });

  check('of two records with one sequence the first stays, and both are proof', async ({ signers, directory, other, forks }) => {
    await storeAll(directory, signers.history());
    for (const [first, second] of await contradictions(signers)) {
      await storeAll(directory, first);
      expectRefused(await other.store(second), /-forked$/, showRecordKey(first.key));
      await expectFound(directory, first);
      const proof = forks.pop();
      assert.deepEqual([proof?.kind, proof?.id], [first.key.kind, first.key.id]);
      assert.deepEqual(proof?.other && Buffer.from(proof.other), Buffer.from(second.bytes));
    }
  });

  check('a record under any key but its own is refused', async ({ signers, directory }) => {
    const records = [...(await ofEachKind(signers)), signers.history(signers.app.service('payments'))];
    await storeAll(directory, ...records);
    const payments = signers.app.service('payments');
    const keys: readonly RecordKey[] = [
      ...records.map(({ key }) => key),
      ...(await ofEachKind(await Signers.create(signers.clock))).map(({ key }) => key),
      { kind: 'service', id: payments.id },
      { ...(await signers.instance(1, { instance: 'I1' })).key },
    ];
    for (const { key: own, bytes } of records) {
      for (const key of keys.filter((candidate) => showRecordKey(candidate) !== showRecordKey(own))) {
        const answer = await directory.store({ key, bytes });
        assert.equal(answer.outcome, 'refused', `${showRecordKey(own)} under ${showRecordKey(key)}`);
      }
    }
    for (const record of records) await expectFound(directory, record);
  });

  check('a record of another app is refused', async ({ signers, directory }) => {
    const stranger = await Signers.create(signers.clock);
    await storeAll(directory, signers.history(), stranger.history());
    const records = [stranger.charter(), await stranger.head(), await stranger.service(1), await stranger.instance(1)];
    for (const record of [...records, await signers.instance(1, { app: stranger.app.id })]) {
      expectRefused(await directory.store(record), /^record-other-app$/, showRecordKey(record.key));
      assert.equal((await directory.find(record.key)).outcome, 'not-found');
    }
  });

  check('a record whose signer is not known is refused', async ({ signers, directory }) => {
    for (const record of [await signers.head(), await signers.service(1), await signers.instance(1)]) {
      expectRefused(await directory.store(record), /^history-unknown$/, showRecordKey(record.key));
    }
  });

  check('a record of more bytes than its kind may have is refused', async ({ signers, directory }) => {
    await storeAll(directory, signers.history());
    for (const { key, bytes } of await ofEachKind(signers)) {
      const padded = Buffer.concat([bytes, Buffer.alloc(MAX_RECORD_BYTES[key.kind] + 1 - bytes.length, 32)]);
      expectRefused(await directory.store({ key, bytes: padded }), /^statement-too-large$/, showRecordKey(key));
    }
  });

  check('a record that is cut short, changed in a bit, or signed by somebody else is refused', async ({ signers, directory }) => {
    await storeAll(directory, signers.history());
    const thief = await TestService.create('orders', signers.now);
    const foreign = await signers.app.leaf(thief, { membership: false });
    const forged = [
      await signers.instance(9, { leaf: foreign }),
      await signers.instance(9, { leaf: { ...(await signers.app.leaf('orders')), privateKey: foreign.privateKey } }),
      await signers.instance(9, { leaf: await signers.app.leaf('orders', { instance: 'another' }) }),
    ];
    for (const record of forged) expectRefused(await directory.store(record), /./, 'forged');
    for (const record of await ofEachKind(signers)) {
      const { key, bytes } = record;
      for (let length = 0; length < bytes.length; length += 1 + (bytes.length >> 4)) {
        expectRefused(await directory.store({ key, bytes: bytes.subarray(0, length) }), /./, `${key.kind}, ${length} bytes`);
      }
      for (let bit = 3; bit < bytes.length * 8; bit += 1 + (bytes.length >> 1)) {
        expectRefused(await directory.store(flipped(record, bit)), /./, `${key.kind}, bit ${bit}`);
      }
    }
  });

  check('junk is refused, whatever it is', async ({ signers, directory }) => {
    // Loaded where it is used, because everybody loads this package, and few run the suite.
    const { default: fc } = await import('fast-check');
    const keys = (await ofEachKind(signers)).map(({ key }) => key);
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...keys), junk, async (key, bytes) => {
        expectRefused(await directory.store({ key, bytes }), /^(statement|history)-/, key.kind);
      }),
      { numRuns: 60 },
    );
  });

  check('what has ended is neither stored nor found', async ({ signers, directory }) => {
    await storeAll(directory, signers.history());
    const ending = [await signers.instance(1), await signers.head(), await signers.service(1)];
    await storeAll(directory, ...ending);
    signers.clock.advance(3_600_000);
    for (const record of ending) {
      assert.equal((await directory.find(record.key)).outcome, 'not-found', record.key.kind);
      expectRefused(await directory.store(record), /^(record|leaf)-expired$/, record.key.kind);
    }
    assert.deepEqual(await instancesOf(directory, signers.orders), []);
    const [again] = [await signers.instance(2)];
    await storeAll(directory, again);
    assert.deepEqual(await instancesOf(directory, signers.orders), ['i1']);
  });

  check('a record from the future, or with too long a life, is refused', async ({ signers, directory }) => {
    await storeAll(directory, signers.history());
    expectRefused(await directory.store(await signers.instance(1, { life: 61 })), /^record-life$/, 'life');
    const late = await signers.head(signers.now + 61);
    expectRefused(await directory.store(late), /^record-future$/, 'future');
  });

  check('what was signed under stolen keys is gone when the history says so', async ({ signers, directory }) => {
    await storeAll(directory, signers.history(), await signers.instance(1_000_000), await signers.service(1_000_000));
    await signers.orders.rotate(signers.now, 0);
    await storeAll(directory, signers.history());
    assert.deepEqual(await instancesOf(directory, signers.orders), []);
    assert.equal((await directory.find({ kind: 'service', id: signers.orders.id })).outcome, 'not-found');
    await storeAll(directory, await signers.instance(1), await signers.service(1));
    assert.deepEqual(await instancesOf(directory, signers.orders), ['i1']);
  });

  check('within its grace a record under older keys stands, until one under newer keys comes', async ({ signers, directory }) => {
    await storeAll(directory, signers.history(), await signers.service(5));
    const late = await signers.service(6);
    await signers.orders.rotate(signers.now, 3600);
    await storeAll(directory, signers.history());
    assert.equal((await directory.find(late.key)).outcome, 'found');
    const next = await signers.service(1);
    await storeAll(directory, late, next);
    expectRefused(await directory.store(late), /^record-rolled-back$/, 'older keys');
    await expectFound(directory, next);
  });

  check('the instances of a service are all listed, and only they', async ({ signers, directory, other }) => {
    const payments = signers.app.service('payments');
    await storeAll(directory, signers.history(), signers.history(payments));
    for (const instance of ['i1', 'I1', 'con', '-']) await storeAll(other, await signers.instance(1, { instance }));
    await storeAll(directory, await signers.instance(1, { of: payments, instance: 'i1' }));
    assert.deepEqual(await instancesOf(directory, signers.orders), ['-', 'I1', 'con', 'i1']);
    assert.deepEqual(await instancesOf(directory, payments), ['i1']);
    await storeAll(directory, await signers.instance(2, { instance: 'con', endpoints: [] }));
    assert.deepEqual(await instancesOf(other, signers.orders), ['-', 'I1', 'con', 'i1'], 'that it left is news too');
  });

  check('a service has so many instances and no more', async ({ signers, directory }) => {
    await storeAll(directory, signers.history());
    for (const instance of ['a', 'b', 'c', 'd']) await storeAll(directory, await signers.instance(1, { instance }));
    expectRefused(await directory.store(await signers.instance(1, { instance: 'e' })), /^record-quota$/, 'one more');
    await storeAll(directory, await signers.instance(2, { instance: 'a' }));
    signers.clock.advance(3_600_000);
    assert.deepEqual(await instancesOf(directory, signers.orders), [], 'what ended makes room');
    await storeAll(directory, await signers.instance(1, { instance: 'e' }));
  });

  check('what a caller does with its bytes afterwards changes nothing', async ({ signers, directory }) => {
    const record = signers.history();
    const given = { key: record.key, bytes: Uint8Array.from(record.bytes) };
    await storeAll(directory, given);
    given.bytes.fill(0);
    await expectFound(directory, record);
    const found = await directory.find(record.key);
    assert.ok(found.outcome === 'found');
    found.record.bytes.fill(0);
    await expectFound(directory, record);
    expectRefused(await directory.store(given), /^statement-/, 'the changed bytes');
  });

  check('many who store at once leave the newest', async ({ signers, directory, other }) => {
    await storeAll(directory, signers.history());
    const leaf = await signers.app.leaf('orders');
    const records = await Promise.all(Array.from({ length: 16 }, (_, seq) => signers.instance(seq, { leaf })));
    await Promise.all(shuffled(records).map((record, index) => (index % 2 === 0 ? directory : other).store(record)));
    await expectFound(directory, records[15] ?? assert.fail());
  });

  checkWatching(check);
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const ranked = items.map((item, index) => ({ item, rank: (index * 7919) % items.length }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}
