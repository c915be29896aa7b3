import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFileShelf, openMemoryShelf } from '@themis-mesh/directory';
import { Archive, KadNode, type KadNodeOptions } from '@themis-mesh/directory-kad';
import { MemoryNetwork, OpenRoster, Signers } from '@themis-mesh/testkit';
import { VirtualTime } from './virtual-time.ts';
import { idOf } from './vectors/cases.ts';

const IDENTITY = idOf('a node');
const ADDRESS = { host: '10.0.0.1', port: 7000 };

function nodeOf(signers: Signers, archive: Archive, options: Partial<KadNodeOptions> = {}): KadNode {
  const clock = new VirtualTime(signers.clock);
  const roster = new OpenRoster();
  roster.allow(IDENTITY);
  return new KadNode({
    identity: IDENTITY,
    self: { index: 0, address: ADDRESS },
    roster,
    network: new MemoryNetwork({ clock, chance: () => 0.5 }).of(IDENTITY),
    clock,
    chance: () => 0.5,
    app: signers.app.id,
    onChange: (record) => archive.keep(record),
    onDrop: (key) => archive.drop(key),
    ...options,
  });
}

for (const kind of ['memory', 'file'] as const) {
  test(`a node has its lasting records again after a restart: ${kind}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'themis-kad-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const shelf = kind === 'memory' ? openMemoryShelf() : openFileShelf(join(folder, 'records'));
    const signers = await Signers.create();
    const archive = new Archive(shelf, (error) => assert.fail(error));
    const node = nodeOf(signers, archive);
    const records = [
      signers.history(),
      signers.charter(),
      await signers.service(1),
      await signers.service(2),
      await signers.instance(1),
    ];
    assert.equal(node.restore(records), records.length);
    await archive.written();
    node.stop();
    if (kind === 'file') {
      // What is no record lies there, and one that is damaged.
      await writeFile(join(folder, 'records', 'history', 'junk.json'), '{}', { mode: 0o600 });
      await writeFile(join(folder, 'records', 'service', `${idOf('x')}.json`), 'junk', { mode: 0o600 });
    }
    const later = new Archive(shelf);
    const again = nodeOf(signers, later);
    assert.equal(await later.restore(again), 3, 'the history, the charter and the newest of the service');
    const [, , , newest] = records;
    assert.ok(newest !== undefined);
    const found = again.store.find(newest.key, signers.now);
    assert.deepEqual(found && Buffer.from(found.bytes), Buffer.from(newest.bytes));
    assert.equal(again.store.instances(signers.orders.id, signers.now).length, 0);
  });
}

test('what a node drops is gone from its shelf, too', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'themis-kad-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const signers = await Signers.create();
  const archive = new Archive(openFileShelf(join(folder, 'records')));
  const node = nodeOf(signers, archive);
  node.restore([signers.history(), await signers.service(1)]);
  await archive.written();
  assert.equal((await readdir(join(folder, 'records', 'service'))).length, 1);
  signers.clock.advance(3_601_000);
  node.takeRoster(node.roster);
  await archive.written();
  assert.equal((await readdir(join(folder, 'records', 'service'))).length, 0);
});

test('a shelf that fails is told of, and the node goes on', async () => {
  const signers = await Signers.create();
  const errors: string[] = [];
  const archive = new Archive(openFileShelf('/dev/null/records'), ({ code }) => errors.push(code));
  const node = nodeOf(signers, archive);
  assert.equal(await archive.restore(node), 0);
  assert.equal(node.restore([signers.history()]), 1);
  await archive.written();
  assert.ok(errors.length >= 1, String(errors));
  assert.ok(node.store.find(signers.history().key, signers.now) !== undefined);
});
