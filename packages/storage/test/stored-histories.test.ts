import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  EMPTY_CHARTER,
  foundApp,
  historyBytes,
  incept,
  MemorySigner,
  nextCharter,
  rotate,
  type ThemisError,
  type History,
  type SignerSet,
} from '@themis-mesh/core';
import { readForkProofs, StoredApps, StoredHistories } from '@themis-mesh/storage';
import { Script } from '@themis-mesh/testkit';
import { NOW, scratchFolder } from './scratch.ts';

const REMEMBER = join(import.meta.dirname, 'remember-histories.ts');

/** An identity, and what its owner and a thief of its recovery key make of it. */
interface Family {
  readonly first: History;
  readonly second: History;
  readonly third: History;
  /** Departs from `second`. */
  readonly forked: History;
  readonly owner: MemorySigner;
}

async function family(): Promise<Family> {
  const sets = Array.from({ length: 8 }, (): SignerSet => ({ signers: [MemorySigner.generate()], threshold: 1 }));
  const at = (index: number): SignerSet => sets[index] ?? assert.fail();
  const first = await incept({ operational: at(0), recovery: at(1), now: NOW });
  const grace = 60;
  const second = await rotate(first, { revealed: at(1).signers, operational: at(2), recovery: at(3), grace, now: NOW });
  const third = await rotate(second, { revealed: at(3).signers, operational: at(4), recovery: at(5), grace, now: NOW });
  const forked = await rotate(first, { revealed: at(1).signers, operational: at(6), recovery: at(7), grace, now: NOW });
  return { first, second, third, forked, owner: at(0).signers[0] as MemorySigner };
}

interface Folders {
  readonly seen: string;
  readonly alarms: string;
}

async function folders(t: TestContext): Promise<Folders> {
  const root = await scratchFolder(t);
  return { seen: join(root, 'seen'), alarms: join(root, 'alarms') };
}

test('the furthest history is remembered at once, and after a restart', async (t) => {
  const { seen, alarms } = await folders(t);
  const { first, second, third } = await family();
  const memory = await StoredHistories.open(seen, { alarms });
  assert.equal(memory.get(first.id), undefined);
  memory.remember(second);
  assert.equal(memory.get(first.id)?.seq, 1);
  memory.remember(first);
  assert.equal(memory.get(first.id)?.seq, 1, 'never taken back');
  memory.remember(third);
  await memory.flush();
  const again = await StoredHistories.open(seen, { alarms });
  assert.equal(again.get(first.id)?.seq, 2);
  again.remember(first);
  await again.flush();
  assert.equal((await StoredHistories.open(seen, { alarms })).get(first.id)?.seq, 2);
  assert.deepEqual(await readdir(seen), [`${first.id}.json`]);
});

test('a fork is refused, told, and kept as proof, once', async (t) => {
  const { seen, alarms } = await folders(t);
  const { second, third, forked } = await family();
  const troubles: ThemisError[] = [];
  const memory = await StoredHistories.open(seen, { alarms, onTrouble: (error) => troubles.push(error) });
  assert.ok((await memory.keep(second)).ok);
  for (let time = 0; time < 3; time += 1) {
    const kept = await memory.keep(forked);
    assert.equal(kept.ok ? '' : kept.refusal.code, 'history-forked');
  }
  assert.ok((await memory.keep(third)).ok, 'the owner goes on');
  assert.deepEqual(
    troubles.map(({ code }) => code),
    Array.from({ length: 3 }, () => 'THEMIS_HISTORY_FORKED'),
  );
  const proofs = await readForkProofs(alarms);
  assert.equal(proofs.length, 1);
  assert.deepEqual(proofs[0]?.first, Buffer.from(historyBytes(second)));
  assert.deepEqual(proofs[0]?.other, Buffer.from(historyBytes(forked)));
});

test('processes that share a folder come to the longest, and to one side of a fork', async (t) => {
  const { seen, alarms } = await folders(t);
  const root = await scratchFolder(t);
  const { first, second, third, forked } = await family();
  const files = { first, second, third, forked };
  for (const [name, history] of Object.entries(files)) await writeFile(join(root, name), historyBytes(history));
  const path = (name: keyof typeof files): string => join(root, name);
  const here = await StoredHistories.open(seen, { alarms });
  assert.deepEqual(await new Script(REMEMBER, [seen, alarms, path('third')]).ended(), ['2']);
  const kept = await here.keep(first);
  assert.equal(kept.ok && kept.value.seq, 2, 'what another process saw');
  assert.equal(here.get(first.id)?.seq, 2);
  const other = new Script(REMEMBER, [seen, alarms, path('forked'), path('second')]);
  assert.deepEqual(await other.ended(), ['history-forked', '2']);
  assert.equal((await readForkProofs(alarms)).length, 1);
});

test('a process that believed the other side of a fork comes back to what was written first', async (t) => {
  const { seen, alarms } = await folders(t);
  const { first, second, forked } = await family();
  const [one, other] = [await StoredHistories.open(seen, { alarms }), await StoredHistories.open(seen, { alarms })];
  assert.ok((await one.keep(second)).ok);
  const kept = await other.keep(forked);
  assert.equal(kept.ok ? '' : kept.refusal.code, 'history-forked');
  assert.equal(other.get(first.id)?.last.digest, second.last.digest);
  assert.equal((await readForkProofs(alarms)).length, 1);
});

test('a thief cannot fill the disk with proofs', async (t) => {
  const { seen, alarms } = await folders(t);
  const memory = await StoredHistories.open(seen, { alarms });
  const recovery = MemorySigner.generate();
  const set = (signer: MemorySigner): SignerSet => ({ signers: [signer], threshold: 1 });
  const first = await incept({ operational: set(MemorySigner.generate()), recovery: set(recovery), now: NOW });
  for (let index = 0; index < 12; index += 1) {
    const plan = { revealed: [recovery], operational: set(MemorySigner.generate()), recovery: set(MemorySigner.generate()) };
    await memory.keep(await rotate(first, { ...plan, grace: 0, now: NOW }));
  }
  assert.equal((await readForkProofs(alarms)).length, 8);
});

test('a damaged memory is an error, and what is none of its files is passed over', async (t) => {
  const { seen, alarms } = await folders(t);
  const { first, second } = await family();
  await (await StoredHistories.open(seen, { alarms })).keep(second);
  await writeFile(join(seen, 'notes.txt'), 'x');
  await writeFile(join(seen, `${first.id}.json.lock`), 'x');
  await mkdir(join(seen, 'folder.json'));
  assert.equal((await StoredHistories.open(seen, { alarms })).get(first.id)?.seq, 1);
  const path = join(seen, `${first.id}.json`);
  const whole = await readFile(path);
  for (let length = 0; length < whole.length; length += 41) {
    await writeFile(path, whole.subarray(0, length));
    await assert.rejects(StoredHistories.open(seen, { alarms }), { code: 'THEMIS_FILE_MALFORMED' }, `${length} bytes`);
  }
  const other = (await family()).first;
  await writeFile(join(seen, `${other.id}.json`), whole);
  await writeFile(path, whole);
  await assert.rejects(StoredHistories.open(seen, { alarms }), { code: 'THEMIS_FILE_MALFORMED', message: /its name/ });
});

test('what cannot be written stays remembered, is told, and is written later', async (t) => {
  const { seen, alarms } = await folders(t);
  const { first, second } = await family();
  const troubles: ThemisError[] = [];
  const memory = await StoredHistories.open(seen, { alarms, onTrouble: (error) => troubles.push(error) });
  const path = join(seen, `${first.id}.json`);
  await mkdir(path);
  memory.remember(second);
  await assert.rejects(memory.flush(), { code: 'THEMIS_FILE_NOT_REGULAR' });
  assert.equal(memory.get(first.id)?.seq, 1);
  assert.equal(troubles.length, 1);
  await rmdir(path);
  await memory.flush();
  assert.equal((await StoredHistories.open(seen, { alarms })).get(first.id)?.seq, 1);
});

test('the state of an app goes forward only', async (t) => {
  const { seen, alarms } = await folders(t);
  const { first, owner } = await family();
  const older = await foundApp(first, [owner], EMPTY_CHARTER, { now: NOW });
  const newer = await nextCharter(older, first, [owner], EMPTY_CHARTER, { now: NOW + 1 });
  const forked = await nextCharter(older, first, [owner], EMPTY_CHARTER, { now: NOW + 2 });
  const memory = await StoredApps.open(seen, { alarms });
  assert.ok((await memory.keep(newer)).ok);
  const kept = await memory.keep(older);
  assert.equal(kept.ok && kept.value.charter.digest, newer.charter.digest);
  const refused = await memory.keep(forked);
  assert.equal(refused.ok ? '' : refused.refusal.code, 'charter-forked');
  assert.equal((await StoredApps.open(seen, { alarms })).get(first.id)?.charter.digest, newer.charter.digest);
  assert.deepEqual(
    (await readForkProofs(alarms)).map(({ kind }) => kind),
    ['charter'],
  );
});
