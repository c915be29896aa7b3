import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ThemisError } from '@themis-mesh/core';
import { test } from 'node:test';
import { openFileDirectory } from '@themis-mesh/directory';
import { createDirectoryHandler } from '@themis-mesh/directory-http';
import { join as joinMesh } from '@themis-mesh/mesh';
import { setNodes } from '@themis-mesh/owner';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home, nameNodes } from '@themis-mesh/storage';
import { waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from '../expect-code.ts';
import { listening, serviceName, TestHome } from '../test-home.ts';

/** A home with a member that runs a node, on the folder that the owner publishes to. */
async function network(...services: readonly string[]): Promise<TestHome> {
  const home = await TestHome.create('node', ...services);
  await home.asOwner((place) => setNodes(place, serviceName('node'), 1));
  return home;
}

interface Node {
  readonly stop: () => Promise<void>;
  readonly address: string;
  /** What was asked of it. */
  readonly asked: string[];
}

async function startNode(home: TestHome, service = 'node', port = 0): Promise<Node> {
  const mesh = await home.join(service, { nodes: [] });
  const directory = openFileDirectory({ folder: home.home.directory, alarms: home.home.alarms, app: home.app });
  home.onEnd(() => directory[Symbol.asyncDispose]());
  const stopping = new AbortController();
  const handler = createDirectoryHandler(directory, { signal: stopping.signal });
  const asked: string[] = [];
  const server = mesh.createFetchServer((request) => {
    asked.push(new URL(request.url).pathname);
    return handler(request, request.peer);
  });
  await listening(server, port);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no address');
  const stop = async (): Promise<void> => {
    stopping.abort();
    await mesh.close();
  };
  return { stop, address: `127.0.0.1:${address.port}`, asked };
}

/** The home as another machine has it: the same keys and memory, and no directory. */
async function elsewhere(home: TestHome): Promise<string> {
  const copy = join(await mkdtemp(join(tmpdir(), 'themis-elsewhere-')), 'home');
  await cp(home.path, copy, { recursive: true });
  await rm(join(copy, 'directory'), { recursive: true });
  home.onEnd(() => rm(join(copy, '..'), { recursive: true, force: true }));
  return copy;
}

test('services find each other through a node, without a folder in common', async () => {
  await using home = await network('web', 'payments');
  const node = await startNode(home);
  const nodes = [node.address];
  await home.serve('payments', (_, response) => response.end('served'), { home: await elsewhere(home), nodes });
  const web = await home.join('web', { home: await elsewhere(home), nodes });
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  assert.ok(node.asked.includes('/themis/directory/1/store'), 'payments told it where it is');
});

test('a member that was admitted later is heard of through the node', async () => {
  await using home = await network('web');
  const node = await startNode(home);
  const web = await home.join('web', { home: await elsewhere(home), nodes: [node.address] });
  await home.add('orders');
  await home.serve('orders', (_, response) => response.end('late'), { nodes: [node.address] });
  assert.equal(await (await web.fetch('https://orders/')).text(), 'late');
});

test('a removal reaches a member through a watch at the node', async () => {
  await using home = await network('web', 'payments');
  const node = await startNode(home);
  const web = await home.join('web', { home: await elsewhere(home), nodes: [node.address] });
  await waitFor(() => node.asked.includes('/themis/directory/1/watch'), 'it to watch');
  const heard = once(web.events, 'charter');
  await home.remove('payments');
  await within(heard, 'the news');
  assert.equal(web.trust.app.charter.memberByName(serviceName('payments')), undefined);
});

test('an instance that stops is gone for those who watch, long before its record ends', async () => {
  await using home = await network('web', 'payments');
  const { address } = await startNode(home);
  const { mesh: payments } = await home.serve('payments', (_, response) => response.end('served'), { nodes: [address] });
  const web = await home.join('web', { nodes: [address] });
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  await payments.close();
  const isGone = async (): Promise<boolean> => {
    const failure: unknown = await web.fetch('https://payments/').then(
      () => undefined,
      (error: unknown) => error,
    );
    return ThemisError.is(failure, 'THEMIS_NO_INSTANCE');
  };
  // Far sooner than the end of its record, and than the next look without a watch.
  await waitFor(isGone, 'it to be gone', 3000);
});

test('whoever is at the address has to be a member that may run nodes', async () => {
  await using home = await network('web', 'payments');
  const { server } = await home.serve('payments', (_, response) => response.end('{}'), { nodes: [] });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const web = await home.join('web', { nodes: [`127.0.0.1:${address.port}`] });
  const [{ error }] = (await within(once(web.events, 'directory-failed'), 'the failure')) as [{ error: Error }];
  assert.match(error.message, /member-no-node/);
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_DIRECTORY_UNAVAILABLE');
});

test('a node that goes away and comes back is used again, and known services go on meanwhile', async () => {
  await using home = await network('web', 'payments');
  const node = await startNode(home);
  const nodes = [node.address];
  await home.serve('payments', (_, response) => response.end('served'), { nodes });
  const web = await home.join('web', { nodes });
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  await node.stop();
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  const again = await startNode(home, 'node', Number(node.address.split(':')[1]));
  await waitFor(() => again.asked.includes('/themis/directory/1/watch'), 'it to be watched again');
});

test('one that joins while no node answers goes on from what it has seen', async () => {
  await using home = await network('web');
  const web = await home.join('web', { nodes: ['127.0.0.1:1'] });
  assert.notEqual(web.trust.app.charter.memberByName(web.name), undefined);
});

test('nodes come from the option, the environment, or the home, in that order', async (t) => {
  await using home = await network('web', 'payments');
  const node = await startNode(home);
  await home.serve('payments', (_, response) => response.end('served'), { nodes: [node.address] });
  process.env['THEMIS_NODES'] = node.address;
  t.after(() => delete process.env['THEMIS_NODES']);
  const web = await home.join('web', { home: await elsewhere(home) });
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  delete process.env['THEMIS_NODES'];
  const other = await elsewhere(home);
  await nameNodes(Home.at(other).appFile, [node.address]);
  const again = await home.join('web', { home: other });
  assert.equal(await (await again.fetch('https://payments/')).text(), 'served');
  await nameNodes(Home.at(other).appFile, ['x']);
  await rejectsWith(joinMesh({ service: 'web', home: other }), 'THEMIS_CONFIG_INVALID');
  process.env['THEMIS_NODES'] = 'nowhere';
  await rejectsWith(joinMesh({ service: 'web', home: home.path }), 'THEMIS_CONFIG_INVALID');
});

test('nodes that nobody could dial are refused', async () => {
  await using home = await network('web');
  for (const nodes of [
    ['x'],
    ['127.0.0.1'],
    ['127.0.0.1:0'],
    ['[::1:7400'],
    ['ftp://x/'],
    [1],
    'x',
    Array.from({ length: 65 }, () => 'a:1'),
  ]) {
    // @ts-expect-error: programs in plain JavaScript pass what they like
    await rejectsWith(home.join('web', { nodes }), 'THEMIS_CONFIG_INVALID');
  }
});
