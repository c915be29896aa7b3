import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Home, readForkProofs } from '@themis-mesh/storage';
import { addService, readApp, removeService } from '../src/index.ts';
import { failsWith, makeApp, openPlace, ORDERS, PAYMENTS, scratchFolder } from './workshop.ts';

const run = promisify(execFile);
const ADD_ONE = fileURLToPath(new URL('add-one.ts', import.meta.url));

test('two processes of one owner at the same time lose nothing of each other', async (t) => {
  const place = await makeApp(t);
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(names.map((name) => run(process.execPath, ['-C', 'themis-source', ADD_ONE, place.home.root, name])));
  const { charter } = await readApp(place);
  assert.deepEqual(charter.claims.members.map(({ name }) => name).sort(), names);
  assert.deepEqual(charter.sequence, [0, names.length]);
});

test('two processes that add the same service: one of them is told that it is there', async (t) => {
  const place = await makeApp(t);
  const command = ['-C', 'themis-source', ADD_ONE, place.home.root, 'orders'];
  const outcomes = await Promise.allSettled([run(process.execPath, command), run(process.execPath, command)]);
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => String(reason));
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? '', /THEMIS_IDENTITY_EXISTS/);
  assert.equal((await readApp(place)).charter.claims.members.length, 1);
});

test('two copies of an owner that both sign: the second is refused, and both charters are kept as proof', async (t) => {
  const place = await makeApp(t);
  await addService(place, ORDERS);
  const root = join(await scratchFolder(t), 'copy');
  await cp(place.home.root, root, { recursive: true });
  const copy = { ...(await openPlace(Home.at(root))), directory: place.directory };
  await addService(place, PAYMENTS);
  // The copy has not heard of it: its directory is out of reach while it signs.
  const deaf = await openPlace(Home.at(root));
  await removeService(deaf, ORDERS);
  await assert.rejects(removeService(copy, PAYMENTS), failsWith('THEMIS_CHARTER_FORKED', 'charter-forked'));
  assert.equal((await readForkProofs(copy.home.alarms)).length, 1);
});
