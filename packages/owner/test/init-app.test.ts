import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { anchorOf } from '@themis-mesh/core';
import { Home, IdentityFile, RecoveryFile } from '@themis-mesh/storage';
import { initApp, readApp } from '../src/index.ts';
import { failsWith, makeApp, NOW, openPlace, ORDERS, scratchFolder } from './workshop.ts';

test('an app is founded: its owner, its recovery keys, its first charter in the directory, its anchor in the home', async (t) => {
  const { home, directory, founded } = await makeApp(t);
  const { anchor, name } = await home.app();
  const owner = await new IdentityFile(home.owner.identity).read();
  assert.equal(owner?.history.id, anchor.app);
  assert.equal(owner?.signers.length, 1);
  assert.equal(name, undefined);
  assert.deepEqual(anchor, anchorOf(founded.app));
  assert.deepEqual(founded.app.charter.claims.members, []);
  assert.equal(founded.app.charter.claims.iat, NOW);
  assert.equal((await directory.find({ kind: 'charter', id: anchor.app })).outcome, 'found');
  assert.equal((await new RecoveryFile(home.owner.recovery).committed(founded.app.history)).length, 1);
});

test('only the user may enter the home, and read the keys', { skip: process.platform === 'win32' }, async (t) => {
  const { home } = await makeApp(t);
  const stats = await Promise.all([home.root, home.owner.identity, home.owner.recovery].map((path) => lstat(path)));
  assert.deepEqual(
    stats.map(({ mode }) => mode & 0o777),
    [0o700, 0o600, 0o600],
  );
});

test('recovery keys go to a file of their own', async (t) => {
  const folder = await scratchFolder(t);
  const home = Home.at(join(folder, 'home'));
  const recovery = join(folder, 'recovery.json');
  const founded = await initApp({ home, now: NOW }, { recovery, name: ORDERS });
  assert.equal(founded.recovery, recovery);
  assert.equal((await new RecoveryFile(recovery).committed(founded.app.history)).length, 1);
  await assert.rejects(lstat(home.owner.recovery), { code: 'ENOENT' });
  assert.equal((await home.app()).name, ORDERS);
});

test('a home in use is left alone', async (t) => {
  const { home, founded } = await makeApp(t);
  await assert.rejects(initApp({ home, now: NOW }), failsWith('THEMIS_HOME_EXISTS'));
  assert.equal((await home.app()).anchor.app, founded.app.history.id);
});

test('of two that make the same home at the same time, one is told that it is in use', async (t) => {
  const home = Home.at(join(await scratchFolder(t), 'home'));
  const outcomes = await Promise.allSettled([initApp({ home, now: NOW }), initApp({ home, now: NOW })]);
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(failures.length, 1);
  assert.ok(failsWith('THEMIS_HOME_EXISTS')(failures[0]?.reason));
  const { anchor } = await home.app();
  assert.equal((await new IdentityFile(home.owner.identity).read())?.history.id, anchor.app);
});

test('a home that was half made is taken up again, with the keys that were made', async (t) => {
  const { home, founded } = await makeApp(t);
  await rm(home.appFile);
  const again = await initApp({ home, now: NOW + 5 });
  assert.equal(again.app.history.id, founded.app.history.id);
  assert.equal(again.app.charter.digest, founded.app.charter.digest);
  assert.equal((await readApp(await openPlace(home))).charter.digest, founded.app.charter.digest);
});

test('a home that was half made with recovery keys elsewhere is not taken up without them', async (t) => {
  const folder = await scratchFolder(t);
  const home = Home.at(join(folder, 'home'));
  await initApp({ home, now: NOW }, { recovery: join(folder, 'recovery.json') });
  await rm(home.appFile);
  await assert.rejects(initApp({ home, now: NOW }), failsWith('THEMIS_RECOVERY_MISSING'));
});

test('no home is made in a folder that others may enter', { skip: process.platform === 'win32' }, async (t) => {
  const root = join(await scratchFolder(t), 'home');
  await mkdir(root);
  await chmod(root, 0o755);
  await assert.rejects(initApp({ home: Home.at(root), now: NOW }), failsWith('THEMIS_KEY_FOLDER_OPEN'));
});
