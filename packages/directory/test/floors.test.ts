import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DirectoryReader, openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { StoredFloors, type StoredFloorsOptions } from '@themis-mesh/storage';
import type { SignedRecord } from '@themis-mesh/core';
import { Signers, storeAll } from '@themis-mesh/testkit';
import { scratchFolder } from './scratch.ts';

interface World {
  readonly signers: Signers;
  readonly folder: string;
  /** A reader that was just started, on a directory that holds these records and never saw others. */
  readonly started: (...records: readonly SignedRecord[]) => Promise<DirectoryReader>;
  readonly floors: () => StoredFloors;
}

async function world(t: TestContext, options: StoredFloorsOptions = {}): Promise<World> {
  const signers = await Signers.create();
  const folder = join(await scratchFolder(t), 'floors');
  const now = (): number => signers.now;
  let open: StoredFloors | undefined;
  const floors = (): StoredFloors => (open ??= new StoredFloors(folder, options));
  const started: World['started'] = async (...records) => {
    await open?.flush();
    open = undefined;
    const directory: Directory = openMemoryDirectory({ now });
    await storeAll(directory, ...records);
    return new DirectoryReader({ directory, app: signers.app.id, remembered: () => undefined, now, floors: floors() });
  };
  return { signers, folder, started, floors };
}

test('a reader that was started again returns nothing older than before', async (t) => {
  const { signers, started } = await world(t);
  const { orders, app } = signers;
  const [older, newer] = [await signers.service(1, ['h2']), await signers.service(2, ['http/1.1'])];
  const charter = signers.charter();
  const history = signers.history(app.service('payments'));
  await app.remove('payments');
  await app.service('payments').rotate(signers.now, 60);
  const before = await started(signers.history(), newer, signers.charter(), signers.history(app.service('payments')));
  assert.equal((await before.service(orders.id)).outcome, 'found');
  assert.equal((await before.app(app.id)).outcome, 'found');
  assert.equal((await before.history(app.service('payments').id)).outcome, 'found');

  const after = await started(signers.history(), older, charter, history);
  const service = await after.service(orders.id);
  assert.ok(service.outcome === 'found' && service.stale && service.value.seq === 2);
  const state = await after.app(app.id);
  assert.ok(state.outcome === 'found' && state.stale);
  assert.equal(state.value.charter.digest, app.state.charter.digest);
  const keys = await after.history(app.service('payments').id);
  assert.ok(keys.outcome === 'found' && keys.stale && keys.value.seq === 1);
});

test('a reader that was started again knows what it saw, where the directory is empty', async (t) => {
  const { signers, started } = await world(t);
  await (await started(signers.charter())).app(signers.app.id);
  const read = await (await started()).app(signers.app.id);
  assert.ok(read.outcome === 'found' && read.stale);
});

test('a floor that was tampered with is believed no more than any other record', async (t) => {
  const { signers, folder, started, floors } = await world(t);
  const newer = await signers.service(7);
  await (await started(signers.history(), newer)).service(signers.orders.id);
  await floors().flush();
  const stranger = await Signers.create(signers.clock);
  const theirs = await stranger.service(9);
  // Written by somebody who may write there: a record of another identity, under this one's name.
  const forged = new StoredFloors(folder);
  const sequence = [9, 9] as const;
  forged.raise({ key: newer.key, bytes: theirs.bytes, sequence, digest: '', expires: 0, body: undefined as never });
  await forged.flush();
  const read = await (await started(signers.history(), newer)).service(signers.orders.id);
  assert.ok(read.outcome === 'found' && read.value.seq === 7);
});

test('a damaged floor is an error, and nothing is believed in its place', async (t) => {
  const { signers, folder, started, floors } = await world(t);
  await (await started(signers.history(), await signers.service(7))).service(signers.orders.id);
  await floors().flush();
  const path = join(folder, `service-${signers.orders.id}.json`);
  await writeFile(path, (await readFile(path, 'utf8')).replace('"v":1', '"v":2'));
  const read = await (await started(signers.history(), await signers.service(6))).service(signers.orders.id);
  assert.ok(read.outcome === 'unavailable');
  assert.equal(read.error.code, 'THEMIS_FILE_MALFORMED');
});

test('instances and heads, which end by themselves, leave nothing behind, nor do kinds that others remember', async (t) => {
  const { signers, folder, started, floors } = await world(t, { kinds: ['service'] });
  const records = [
    signers.history(),
    signers.charter(),
    await signers.head(),
    await signers.instance(1),
    await signers.service(1),
  ];
  const reader = await started(...records);
  await reader.instances(signers.orders.id);
  await reader.app(signers.app.id);
  await reader.service(signers.orders.id);
  await floors().flush();
  assert.deepEqual(await readdir(folder), [`service-${signers.orders.id}.json`]);
});

test('so many floors are kept, and the newest of two processes stays', async (t) => {
  const { signers, folder } = await world(t);
  const one = new StoredFloors(folder, { most: 3 });
  const other = new StoredFloors(folder, { most: 3 });
  const { key, bytes } = await signers.service(1);
  const at = (seq: number) => ({ key, bytes, sequence: [0, seq] as const, digest: '', expires: 0, body: undefined as never });
  one.raise(at(5));
  await one.flush();
  other.raise(at(3));
  await other.flush();
  const path = join(folder, `service-${signers.orders.id}.json`);
  assert.match(await readFile(path, 'utf8'), /"sequence":\[0,5\]/);
  for (let count = 0; count < 6; count += 1) {
    const { id } = (await Signers.create(signers.clock)).orders;
    one.raise({ ...at(1), key: { kind: 'service', id } });
    await one.flush();
  }
  assert.equal((await readdir(folder)).length, 3);
});
