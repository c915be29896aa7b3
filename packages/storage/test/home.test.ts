import assert from 'node:assert/strict';
import { chmod, mkdir, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { anchorOf, EMPTY_CHARTER, foundApp, IdentityId, ServiceName } from '@themis-mesh/core';
import { createStored, Home, parseServiceName, renewAnchor } from '@themis-mesh/storage';
import { APP, ORDERS, placeIn } from './identities.ts';
import { NOW, scratchFolder } from './scratch.ts';

const ANCHOR = { app: APP };

test('a home is made once, for its user alone, and found again', async (t) => {
  const root = join(await scratchFolder(t), 'a', '.themis');
  await assert.rejects(Home.open(root), { code: 'THEMIS_HOME_MISSING', remedy: /themis init/ });
  await Home.create(root, { name: ORDERS, anchor: ANCHOR });
  assert.equal((await stat(root)).mode & 0o777, 0o700);
  const home = await Home.open(root);
  assert.deepEqual(await home.app(), { v: 1, name: ORDERS, anchor: ANCHOR });
  await assert.rejects(Home.create(root, { anchor: ANCHOR }), { code: 'THEMIS_HOME_EXISTS' });
});

test('a folder without its app, open to others, or behind a link is no home', async (t) => {
  const folder = await scratchFolder(t);
  await assert.rejects(Home.open(folder), { code: 'THEMIS_HOME_MISSING' });
  await Home.create(join(folder, 'home'), { anchor: ANCHOR });
  await symlink('home', join(folder, 'link'));
  await assert.rejects(Home.open(join(folder, 'link')), { code: 'THEMIS_KEY_FOLDER_KIND' });
  await chmod(join(folder, 'home'), 0o755);
  await assert.rejects(Home.open(join(folder, 'home')), { code: 'THEMIS_KEY_FOLDER_OPEN', remedy: /chmod 700/ });
});

test('the checkpoint moves on, and the app stays', async (t) => {
  const folder = await scratchFolder(t);
  const owner = await createStored(placeIn(join(folder, 'owner')), { now: NOW });
  const app = await foundApp(owner.history, owner.signers, EMPTY_CHARTER, { now: NOW });
  const home = await Home.create(join(folder, 'home'), { name: ORDERS, anchor: { app: owner.history.id } });
  await renewAnchor(home.appFile, anchorOf(app));
  assert.deepEqual(await home.app(), { v: 1, name: ORDERS, anchor: anchorOf(app) });
  await assert.rejects(renewAnchor(home.appFile, ANCHOR), { code: 'THEMIS_HOME_FOREIGN' });
});

test('every path lies in the home', async (t) => {
  const home = Home.at(await scratchFolder(t));
  const { owner } = home;
  const orders = home.service(ORDERS);
  const paths = [home.appFile, owner.identity, owner.recovery, orders.identity, orders.recovery];
  const folders = [home.seen, home.apps, home.alarms, home.directory, home.run, owner.folder, orders.folder];
  assert.equal(new Set([...paths, ...folders]).size, paths.length + folders.length);
  for (const path of [...paths, ...folders]) assert.doesNotMatch(relative(home.root, path), /^\.\.|^\//, path);
  assert.equal(dirname(home.service(ORDERS).identity), join(home.root, 'services', 'svc-orders'));
});

test('hostile names are no names', () => {
  const paths = ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\0', '%2e', 'CON'];
  const labels = ['A', '-a', 'a-', 'a.b', 'a'.repeat(41), 'ä', ' a', 'a\n', APP];
  for (const name of [...paths, ...labels]) {
    assert.throws(() => parseServiceName(name), { code: 'THEMIS_NAME_INVALID' }, JSON.stringify(name));
  }
  for (const name of ['a', 'con', 'a-b', '0', 'a'.repeat(40)]) assert.equal(parseServiceName(name), name);
  assert.ok(!ServiceName.is(APP) && IdentityId.is(APP));
});

test('services are listed by their folders, and what is none of theirs is passed over', async (t) => {
  const home = Home.at(await scratchFolder(t));
  assert.deepEqual(await home.services(), []);
  for (const name of ['svc-orders', 'svc-billing', 'svc-', 'svc-A', 'svc-a..', 'orders', '.git']) {
    await mkdir(join(home.root, 'services', name), { recursive: true });
  }
  assert.deepEqual(await home.services(), ['billing', 'orders']);
});
