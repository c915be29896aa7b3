import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { join as joinMesh } from '@themis-mesh/mesh';
import { waitFor } from '@themis-mesh/testkit';
import { startNode } from '@themis-mesh/node';
import { addService, setNodes } from '@themis-mesh/owner';
import { parseServiceName } from '@themis-mesh/storage';
import { addressOf, NodeHome } from './node-home.ts';

test('services find each other through nodes, and call', async (t) => {
  const home = await NodeHome.make(t, 3, 'web', 'payments');
  const nodes = await home.startAll(3);
  await waitFor(() => nodes.every(({ status }) => status.neighbours.length === 2));
  const [first, , third] = nodes;
  assert.ok(first !== undefined && third !== undefined);
  const payments = await joinMesh({ service: 'payments', home: home.root, directory: first.directory });
  t.after(() => payments.close());
  const server = payments.createFetchServer(() => new Response('charged')).listen(0);
  await once(server, 'listening');
  const web = await joinMesh({ service: 'web', home: home.root, directory: third.directory });
  t.after(() => web.close());
  assert.equal(await (await web.fetch('https://payments/charge')).text(), 'charged');
});

test('services that know the addresses of nodes alone find each other, also past a node that ends', async (t) => {
  const home = await NodeHome.make(t, 3, 'web', 'payments');
  const running = await home.startAll(3);
  await waitFor(() => running.every(({ status }) => status.neighbours.length === 2));
  const nodes = running.map((node) => addressOf(node)).map(({ host, port }) => `${host}:${port}`);
  const payments = await joinMesh({ service: 'payments', home: home.root, nodes });
  t.after(() => payments.close());
  const server = payments.createFetchServer(() => new Response('charged')).listen(0);
  await once(server, 'listening');
  const web = await joinMesh({ service: 'web', home: home.root, nodes });
  t.after(() => web.close());
  assert.equal(await (await web.fetch('https://payments/charge')).text(), 'charged');
  await running[2]?.close();
  const late = await joinMesh({ service: 'web', home: home.root, nodes: [...nodes].reverse() });
  t.after(() => late.close());
  assert.equal(await (await late.fetch('https://payments/charge')).text(), 'charged');
});

test('a node alone is a directory, too', async (t) => {
  const home = await NodeHome.make(t, 1);
  const node = await home.start(1);
  const { app, id } = { app: node.mesh.trust.app.history.id, id: node.mesh.id };
  assert.deepEqual((await node.directory.find({ kind: 'charter', id: app })).outcome, 'not-found');
  await waitFor(async () => {
    const answer = await node.directory.instances(id);
    return answer.outcome === 'found' && answer.records.length === 1;
  });
});

test('who the charter allows no node runs none, and is told', async (t) => {
  const home = await NodeHome.make(t, 1, 'web');
  await assert.rejects(startNode({ service: 'web', home: home.root, port: 0 }), { code: 'THEMIS_NODE_NOT_ALLOWED' });
  await assert.rejects(home.start(1, { index: 4 }), { code: 'THEMIS_NODE_NOT_ALLOWED' });
});

test('what is kept survives that all nodes end', async (t) => {
  const home = await NodeHome.make(t, 2, 'web');
  const before = await home.startAll(2);
  const key = { kind: 'charter', id: before[0]?.mesh.trust.app.history.id ?? assert.fail() } as const;
  const charter = await home.place.directory.find(key);
  assert.ok(charter.outcome === 'found');
  assert.equal((await before[1]?.directory.store(charter.record))?.outcome, 'stored');
  for (const node of before) await node.close();
  const after = await home.start(1);
  assert.equal((await after.directory.find(key)).outcome, 'found');
});

test('a node that was allowed while others ran is met as soon as they hold the charter', async (t) => {
  const home = await NodeHome.make(t, 1);
  const first = await home.start(1);
  const second = parseServiceName('late');
  await addService(home.place, second);
  const { app } = await setNodes(home.place, second, 1);
  const key = { kind: 'charter', id: app.history.id } as const;
  const charter = await home.place.directory.find(key);
  assert.ok(charter.outcome === 'found');
  assert.equal((await first.directory.store(charter.record)).outcome, 'stored');
  const late = await startNode({ service: 'late', home: home.root, port: 0, bootstrap: [addressOf(first)] });
  t.after(() => late.close());
  await waitFor(() => first.status.neighbours.length === 1);
  assert.equal(late.status.neighbours.length, 1);
});

test('a node that ends is forgotten by the others within seconds', async (t) => {
  const home = await NodeHome.make(t, 3);
  const [first, second, third] = await home.startAll(3);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  await third.close();
  await waitFor(() => first.status.neighbours.length === 1 && second.status.neighbours.length === 1);
});

test('light clients ask nodes, and hear of what changes', async (t) => {
  const home = await NodeHome.make(t, 3, 'web', 'payments');
  const nodes = await home.startAll(3);
  const addresses = nodes.map(({ address }) => `${address.address}:${address.port}`);
  const web = await joinMesh({ service: 'web', home: home.root, nodes: addresses.slice(0, 2) });
  t.after(() => web.close());
  await assert.rejects(web.fetch('https://payments/charge'), { code: 'THEMIS_NO_INSTANCE' });
  const payments = await joinMesh({ service: 'payments', home: home.root, nodes: addresses.slice(2) });
  t.after(() => payments.close());
  const server = payments.createFetchServer(() => new Response('charged')).listen(0);
  await once(server, 'listening');
  assert.equal(await (await web.fetch('https://payments/charge')).text(), 'charged');
});
