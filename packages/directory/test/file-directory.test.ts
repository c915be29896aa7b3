import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openFileDirectory, type Directory } from '@themis-mesh/directory';
import { readForkProofs } from '@themis-mesh/storage';
import { expectFound, flipped, instancesOf, Script, Signers, storeAll, testDirectory, Watch } from '@themis-mesh/testkit';
import { writeRecords } from './record-file.ts';
import { scratchFolder } from './scratch.ts';

const STORE = join(import.meta.dirname, 'store-records.ts');

testDirectory('file', async (t) => {
  const root = await scratchFolder(t);
  return async (options) => openFileDirectory({ ...options, folder: join(root, 'directory'), alarms: join(root, 'alarms') });
});

interface World {
  readonly signers: Signers;
  readonly root: string;
  readonly folder: string;
  readonly alarms: string;
  readonly directory: Directory;
}

/** @param rescanMs so long that nothing but the system's own events wakes a watcher, unless a test wants the opposite */
async function world(t: TestContext, rescanMs = 600_000): Promise<World> {
  const signers = await Signers.create();
  const root = await scratchFolder(t);
  const [folder, alarms] = [join(root, 'directory'), join(root, 'alarms')];
  const directory = openFileDirectory({ folder, alarms, app: signers.app.id, now: () => signers.now, rescanMs });
  t.after(() => directory[Symbol.asyncDispose]());
  await storeAll(directory, signers.history());
  return { signers, root, folder, alarms, directory };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

test('files and folders are for this user alone, and their names are made of IDs and hexadecimal', async (t) => {
  const { signers, folder, directory } = await world(t);
  const instances = ['con', 'CON', '-', '_'.repeat(64)];
  await storeAll(directory, signers.charter(), await signers.head(), await signers.service(1));
  for (const instance of instances) await storeAll(directory, await signers.instance(1, { instance }));
  const names = await filesIn(folder);
  assert.equal(names.length, 4 + instances.length);
  for (const name of names) {
    assert.match(name, /^(?:history|charter|service|head|instance)\/[a-z2-7]{52}(?:\.[a-z2-7]{52}|\/[0-9a-f]+)?\.json$/);
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  }
  assert.equal((await stat(join(folder, 'instance', signers.orders.id))).mode & 0o777, 0o700);
  assert.deepEqual(await instancesOf(directory, signers.orders), [...instances].sort());
});

test('a file that is cut short or damaged is an error or nothing, and the next record takes its place', async (t) => {
  const { signers, folder, directory } = await world(t);
  const { id } = signers.orders;
  const leaf = await signers.app.leaf('orders');
  const record = await signers.instance(1, { leaf });
  await storeAll(directory, record);
  const path = join(folder, 'instance', id, `${Buffer.from('i1').toString('hex')}.json`);
  const { bytes } = record;
  const damages: Uint8Array[] = [0, bytes.length, 40_000].map((length) => Buffer.alloc(length));
  damages.push(Buffer.concat([bytes, bytes]));
  for (let length = 1; length < bytes.length; length += 200) damages.push(bytes.subarray(0, length));
  for (let bit = 5; bit < bytes.length * 8; bit += 1400) damages.push(flipped(record, bit).bytes);
  for (const damage of damages) {
    await writeFile(path, damage);
    const answer = await directory.find(record.key);
    assert.equal(answer.outcome, 'unavailable');
    assert.equal(answer.outcome === 'unavailable' && answer.error.code, 'THEMIS_DIRECTORY_UNAVAILABLE');
    const instances = await directory.instances(id);
    assert.ok(instances.outcome === 'found' && instances.records.length === 0 && !instances.complete);
  }
  const next = await signers.instance(2, { leaf });
  await storeAll(directory, next);
  await expectFound(directory, next);
});

test('what lies in the folder and is no record is passed over', async (t) => {
  const { signers, folder, directory } = await world(t);
  await storeAll(directory, await signers.instance(1));
  const instances = join(folder, 'instance', signers.orders.id);
  const junk = ['.DS_Store', 'notes.txt', 'x.json', 'ABCD.json', '2e2e.json', '2f.json', '6931.json~', '00.json'];
  for (const name of junk) await writeFile(join(instances, name), 'junk');
  await mkdir(join(instances, 'folder'));
  await writeFile(join(folder, 'history', 'junk.json'), 'junk');
  assert.deepEqual(await instancesOf(directory, signers.orders), ['i1']);
  const answer = await directory.instances(signers.orders.id);
  assert.ok(answer.outcome === 'found' && answer.complete);
  for (const name of junk) assert.ok((await lstat(join(instances, name))).isFile(), 'and left alone');
});

test('a link, a pipe or a folder in the place of a record is not followed, awaited or believed', async (t) => {
  const { signers, root, folder, directory } = await world(t);
  const record = await signers.instance(1);
  const path = join(folder, 'instance', signers.orders.id, `${Buffer.from('i1').toString('hex')}.json`);
  await storeAll(directory, record);
  await rename(path, join(root, 'elsewhere'));
  await symlink(join(root, 'elsewhere'), path);
  assert.equal((await directory.find(record.key)).outcome, 'unavailable');
  await storeAll(directory, await signers.instance(2));
  assert.ok((await lstat(path)).isFile());
  assert.deepEqual(await readFile(join(root, 'elsewhere')), Buffer.from(record.bytes));
  await rm(path);
  execFileSync('mkfifo', [path]);
  assert.equal((await directory.find(record.key)).outcome, 'unavailable');
  await storeAll(directory, await signers.instance(3));
  await rm(path);
  await mkdir(path);
  assert.equal((await directory.store(await signers.instance(4))).outcome, 'unavailable');
  const answer = await directory.instances(signers.orders.id);
  assert.ok(answer.outcome === 'found' && !answer.complete);
});

test('junk leaves nothing on the disk', async (t) => {
  const { signers, folder, directory } = await world(t);
  const before = await readdir(folder, { recursive: true });
  const stranger = await Signers.create(signers.clock);
  const damaged = [flipped(stranger.history(), 99), flipped(await signers.instance(1), 99)];
  const junk = [await stranger.instance(1), stranger.charter(), ...damaged];
  for (const record of junk) assert.equal((await directory.store(record)).outcome, 'refused');
  assert.deepEqual(await readdir(folder, { recursive: true }), before);
});

test('a folder that cannot be used is an answer, not an exception', async (t) => {
  const { signers, root, folder, directory } = await world(t);
  await rename(folder, join(root, 'away'));
  await writeFile(folder, 'not a folder');
  const record = signers.history();
  const answers = [await directory.store(record), await directory.find(record.key), await directory.instances(signers.orders.id)];
  for (const answer of answers) assert.ok(answer.outcome === 'unavailable' || answer.outcome === 'found', answer.outcome);
  assert.equal(answers[0]?.outcome, 'unavailable');
  assert.equal(answers[1]?.outcome, 'unavailable');
});

test('what has long ended is swept from the disk, and what other processes renew meanwhile is not', async (t) => {
  const { signers, folder, directory } = await world(t);
  await storeAll(directory, await signers.instance(1), await signers.instance(1, { instance: 'i2' }));
  const instances = join(folder, 'instance', signers.orders.id);
  signers.clock.advance(61_000);
  await storeAll(directory, await signers.instance(2, { instance: 'i2' }));
  assert.deepEqual(await instancesOf(directory, signers.orders), ['i2']);
  assert.equal((await readdir(instances)).length, 2, 'a process whose clock is behind may still want it');
  signers.clock.advance(59_000);
  await storeAll(directory, await signers.instance(3, { instance: 'i2' }));
  assert.deepEqual(await instancesOf(directory, signers.orders), ['i2']);
  assert.deepEqual(await readdir(instances), [`${Buffer.from('i2').toString('hex')}.json`]);
});

test('a watch sees what another process stores', async (t) => {
  const { signers, root, folder, alarms, directory } = await world(t);
  const leaf = await signers.app.leaf('orders');
  const records = await Promise.all([1, 2, 3, 4, 5].map((seq) => signers.instance(seq, { leaf })));
  await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
  await using other = new Script(STORE, [folder, alarms, signers.app.id, ...(await writeRecords(root, records))]);
  await watch.got(records[4] ?? assert.fail());
  assert.deepEqual(
    await other.ended(),
    [0, 1, 2, 3, 4].map((index) => `${index} stored`),
  );
});

test('processes that store at once leave the newest, and each is answered rightly', async (t) => {
  const { signers, root, folder, alarms, directory } = await world(t);
  const leaf = await signers.app.leaf('orders');
  const records = await Promise.all(Array.from({ length: 24 }, (_, seq) => signers.instance(seq, { leaf })));
  const paths = await writeRecords(root, records);
  const share = (part: number): readonly string[] => paths.filter((_, index) => index % 3 === part);
  const scripts = [0, 1, 2].map((part) => new Script(STORE, [folder, alarms, signers.app.id, ...share(part)]));
  const answers = (await Promise.all(scripts.map((script) => script.ended()))).flat();
  assert.ok(
    answers.every((answer) => /^\d+ (stored|refused)$/.test(answer)),
    answers.join(),
  );
  await expectFound(directory, records[23] ?? assert.fail());
});

test('a process that is killed while it stores leaves the old record or the new, and stops nobody', async (t) => {
  const { signers, root, folder, alarms, directory } = await world(t);
  const leaf = await signers.app.leaf('orders');
  for (let round = 0; round < 5; round += 1) {
    const records = await Promise.all(Array.from({ length: 40 }, (_, seq) => signers.instance(round * 100 + seq, { leaf })));
    const script = new Script(STORE, [folder, alarms, signers.app.id, ...(await writeRecords(root, records))]);
    await script.said(`${3 + round * 7} stored`);
    await script.kill();
    const last = script.lines.length - 1;
    const answer = await directory.find({ ...(records[0]?.key ?? assert.fail()) });
    assert.ok(answer.outcome === 'found');
    const { record } = answer;
    const seq = records.findIndex(({ bytes }) => Buffer.compare(bytes, record.bytes) === 0);
    assert.ok(seq >= last, `${seq} is there, ${last} was said to be`);
    await storeAll(directory, await signers.instance(round * 100 + 50, { leaf }));
  }
});

test('a watch goes on when its folder was taken away and made anew, and looks without being told', async (t) => {
  const { signers, root, folder, directory } = await world(t, 30);
  await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
  const leaf = await signers.app.leaf('orders');
  const first = await signers.instance(1, { leaf });
  await storeAll(directory, first);
  await watch.got(first);
  await rename(folder, join(root, 'away'));
  await storeAll(directory, signers.history());
  const second = await signers.instance(2, { leaf });
  await storeAll(directory, second);
  await watch.got(second);
});

test('a watch does not say what was put back', async (t) => {
  const { signers, folder, directory } = await world(t, 20);
  const leaf = await signers.app.leaf('orders');
  const [older, newer, newest] = [
    await signers.instance(1, { leaf }),
    await signers.instance(2, { leaf }),
    await signers.instance(3, { leaf }),
  ];
  await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
  const path = join(folder, 'instance', signers.orders.id, `${Buffer.from('i1').toString('hex')}.json`);
  await storeAll(directory, newer);
  await watch.got(newer);
  await writeFile(path, older.bytes);
  await storeAll(directory, newest);
  await watch.got(newest);
  assert.equal(watch.seen.length, 2);
});

test('both sides of a fork are kept as proof', async (t) => {
  const { signers, alarms, directory } = await world(t);
  const [first, second] = [await signers.head(signers.now, 60), await signers.head(signers.now, 61)];
  await storeAll(directory, first);
  await directory.store(second);
  await directory.store(second);
  const proofs = await readForkProofs(alarms);
  assert.equal(proofs.length, 1);
  assert.deepEqual(proofs[0]?.other, Buffer.from(second.bytes));
});
