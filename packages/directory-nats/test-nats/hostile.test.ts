import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showRecordKey } from '@themis-mesh/core';
import { DirectoryReader, type Directory } from '@themis-mesh/directory';
import { openNatsDirectory } from '@themis-mesh/directory-nats';
import { expectFound, flipped, instancesOf, MemoryHistories, Signers, storeAll, waitFor, Watch } from '@themis-mesh/testkit';
import { AnotherClient } from './another-client.ts';
import { NatsServer } from './nats-server.ts';
import { onEachServer } from './servers.ts';

interface World extends AsyncDisposable {
  readonly signers: Signers;
  readonly server: NatsServer;
  readonly directory: Directory;
  readonly other: AnotherClient;
}

async function world(path: string, more?: string): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const signers = await Signers.create();
  const server = stack.use(await NatsServer.start(path, more));
  const now = (): number => signers.now;
  const directory = stack.use(await openNatsDirectory({ servers: server.url, app: signers.app.id, now, rescanMs: 200 }));
  await storeAll(directory, signers.history());
  const other = stack.use(await AnotherClient.connect(server.url));
  const rest = stack.move();
  return { signers, server, directory, other, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

onEachServer('a bucket that others write in', (path) => {
  test('an older record that is put back takes nobody back who has seen the newer one', async () => {
    await using bed = await world(path);
    const { signers, directory, other } = bed;
    const { orders } = signers;
    const histories = new MemoryHistories();
    histories.remember(orders.history);
    const remembered = histories.get.bind(histories);
    const reader = new DirectoryReader({ directory, app: signers.app.id, remembered, now: () => signers.now });
    const [older, newer] = [await signers.service(1, ['h2']), await signers.service(2, ['http/1.1'])];
    await storeAll(directory, older, newer);
    const first = await reader.service(orders.id);
    assert.ok(first.outcome === 'found' && first.value.seq === 2 && !first.stale);
    await using watch = new Watch(directory, older.key);
    await watch.got(newer);
    const bucket = await other.bucket('services');
    await bucket.put(orders.id, older.bytes);
    const second = await reader.service(orders.id);
    assert.ok(second.outcome === 'found' && second.value.seq === 2 && second.stale, 'the newer one, and that it is not there');
    await bucket.purge(orders.id);
    const third = await reader.service(orders.id);
    assert.ok(third.outcome === 'found' && third.value.seq === 2 && third.stale);
    const newest = await signers.service(3);
    await storeAll(directory, newest);
    await watch.got(newest);
    assert.equal(watch.seen.length, 2, 'what was put back was not said');
  });

  test('junk is an error or nothing, stops no watch, and the next record takes its place', async () => {
    await using bed = await world(path);
    const { signers, directory, other } = bed;
    const { id } = signers.orders;
    const leaf = await signers.app.leaf('orders');
    const record = await signers.instance(1, { leaf });
    await storeAll(directory, record);
    await using watch = new Watch(directory, { kind: 'instances', id });
    await watch.got(record);
    const bucket = await other.bucket('instances');
    const key = `${id}.${Buffer.from('i1').toString('hex')}`;
    const { bytes } = record;
    const junk = [
      new Uint8Array(0),
      bytes.subarray(0, 100),
      flipped(record, 999).bytes,
      Buffer.concat([bytes, bytes]),
      Buffer.alloc(32_768, 'x'),
    ];
    for (const some of junk) {
      await bucket.put(key, some);
      const answer = await directory.find(record.key);
      assert.ok(answer.outcome === 'unavailable' && answer.error.code === 'THEMIS_DIRECTORY_UNAVAILABLE');
      const instances = await directory.instances(id);
      assert.ok(instances.outcome === 'found' && instances.records.length === 0 && !instances.complete);
    }
    const next = await signers.instance(2, { leaf });
    await storeAll(directory, next);
    await expectFound(directory, next);
    await watch.got(next);
    assert.equal(watch.seen.length, 2);
  });

  test('more than a record may have does not fit into a bucket, and is not believed where it does', async () => {
    await using bed = await world(path);
    const { signers, directory, other } = bed;
    const record = await signers.instance(1);
    await storeAll(directory, record);
    const key = `${signers.orders.id}.${Buffer.from('i1').toString('hex')}`;
    const bucket = await other.bucket('instances');
    await assert.rejects(bucket.put(key, Buffer.alloc(40_000)), /maximum/);
    await bucket.put(key, Buffer.concat([record.bytes, Buffer.alloc(32_769 - record.bytes.length, 32)]));
    assert.equal((await directory.find(record.key)).outcome, 'unavailable');
    await storeAll(directory, await signers.instance(2));
  });

  test('a record under the key of another, and keys that are of nobody, are passed over', async () => {
    await using bed = await world(path);
    const { signers, directory, other } = bed;
    const { id } = signers.orders;
    const payments = signers.app.service('payments');
    await storeAll(directory, signers.history(payments));
    const [own, foreign] = [await signers.instance(1), await signers.instance(1, { of: payments })];
    await storeAll(directory, own);
    const instances = await other.bucket('instances');
    const hex = (name: string): string => Buffer.from(name).toString('hex');
    await instances.put(`${id}.${hex('i2')}`, own.bytes);
    await instances.put(`${id}.${hex('i3')}`, foreign.bytes);
    for (const name of ['zz', 'ABCD', hex('../x'), hex('a.b'), 'i1', '00', hex('x'.repeat(65)), '-'])
      await instances.put(`${id}.${name}`, own.bytes);
    const lasting = await other.bucket('lasting');
    await lasting.put(`history.${payments.id}`, signers.history().bytes);
    assert.deepEqual(await instancesOf(directory, signers.orders), ['i1']);
    assert.equal((await directory.find({ kind: 'history', id: payments.id })).outcome, 'unavailable');
    for (const { key } of [own]) assert.equal((await directory.find(key)).outcome, 'found', showRecordKey(key));
  });

  test('thousands of keys that somebody else made are not all read, and the answer says that it is not whole', async () => {
    await using bed = await world(path);
    const { signers, directory, other } = bed;
    const { id } = signers.orders;
    await storeAll(directory, await signers.instance(1));
    const bucket = await other.bucket('instances');
    const names = Array.from({ length: 3000 }, (_, index) => `x${index}`);
    for (let from = 0; from < names.length; from += 500) {
      const some = names.slice(from, from + 500);
      await Promise.all(some.map((name) => bucket.put(`${id}.${Buffer.from(name).toString('hex')}`, 'junk')));
    }
    const answer = await directory.instances(id);
    assert.ok(answer.outcome === 'found' && !answer.complete);
    await using watch = new Watch(directory, { kind: 'history', id });
    await watch.got(signers.history());
    const refused = await directory.store(await signers.instance(1, { instance: 'another' }));
    assert.ok(refused.outcome === 'refused' && refused.refusal.code === 'record-quota');
  });

  test('a bucket that somebody removes is made anew', async () => {
    await using bed = await world(path);
    const { signers, directory, other } = bed;
    const leaf = await signers.app.leaf('orders');
    await storeAll(directory, await signers.instance(1, { leaf }));
    await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
    await watch.saw('instance/', 1);
    await (await other.bucket('instances')).destroy();
    const again = await signers.instance(2, { leaf });
    await storeAll(directory, again);
    await expectFound(directory, again);
    await watch.got(again);
  });

  test('a bucket that forgets too soon is not used', async () => {
    await using bed = await world(path);
    const { signers, directory, server, other } = bed;
    await other.make('short-instances', 1000);
    await using short = await openNatsDirectory({ servers: server.url, now: () => signers.now, bucketPrefix: 'short' });
    await storeAll(short, signers.history());
    const answer = await short.store(await signers.instance(1));
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.error.message, /short-instances forgets after 1 s/);
    await waitFor(async () => (await directory.find(signers.history().key)).outcome === 'found', 'the first to go on');
  });
});

onEachServer('a nats-server that takes little', (path) => {
  test('a record that is too large for it is an error that says so', async () => {
    await using bed = await world(path, 'max_payload: 2000\n');
    const { signers, directory } = bed;
    const answer = await directory.store(await signers.instance(1));
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.error.message, /max_payload/);
  });
});
