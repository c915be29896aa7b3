import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import type { Mesh } from '@themis-mesh/mesh';
import { ManualClock, timeByCalls, waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { serviceName, TestHome } from './test-home.ts';

test('leaves are replaced while requests run, and none of them fails', async () => {
  await using home = await TestHome.create('web', 'payments');
  const listener: RequestListener = (request, response) => response.end(request.peer.name);
  const clock = new ManualClock();
  const { mesh: payments } = await home.serve('payments', listener, { leafSeconds: 20, clock });
  const web = await home.join('web', { leafSeconds: 20, clock });
  const pass = timeByCalls(clock, 20, [web, payments]);
  let renewals = 0;
  for (const mesh of [web, payments]) mesh.events.on('renewed', () => (renewals += 1));
  const serials = new Set<string>();
  let calls = 0;
  const lanes = Array.from({ length: 6 }, async (_, lane) => {
    while (renewals < 8) {
      const method = lane % 2 === 0 ? 'POST' : 'GET';
      assert.equal(await (await web.fetch('https://payments/', { method })).text(), 'web');
      calls += 1;
      pass();
    }
  });
  web.events.on('renewed', ({ serial }) => serials.add(serial));
  await within(Promise.all(lanes), 'eight renewals', 60_000);
  assert.ok(calls > 100 && serials.size >= 3, `${calls} calls, ${serials.size} leaves`);
});

test('a renewal closes what is idle, lets run what is under way, and new calls go under the new leaf', async () => {
  await using home = await TestHome.create('web', 'payments');
  const ports = new Set<number>();
  const { mesh: payments } = await home.serve('payments', (request, response) => {
    ports.add(request.socket.remotePort ?? 0);
    if (request.url === '/long') {
      response.write('begun;');
      setTimeout(() => response.end('ended'), 300);
    } else {
      response.end('short');
    }
  });
  const web = await home.join('web');
  const long = await web.fetch('https://payments/long');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'short');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'short');
  assert.equal(ports.size, 1);
  await web.renew();
  await payments.renew();
  assert.equal(await (await web.fetch('https://payments/')).text(), 'short');
  assert.equal(ports.size, 2);
  assert.equal(await long.text(), 'begun;ended');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'short');
  assert.equal(ports.size, 2, 'the connection of the long call was not kept');
});

test('no connection outlives the leaves that it was made with', async () => {
  await using home = await TestHome.create('web', 'payments', 'db');
  await home.serve('payments', (_, response) => void response.write('for ever'), { leafSeconds: 3 });
  const db = await home.join('db', { leafSeconds: 2 });
  await db.createTcpServer((socket) => socket.write('hello')).listen(0);
  const web = await home.join('web', { leafSeconds: 3600 });
  const response = await web.fetch('https://payments/');
  const cut = rejectsWith(response.text(), 'THEMIS_CONNECTION_LOST');
  const socket = await web.connect('db');
  socket.resume();
  await within(rejectsWith(once(socket, 'close'), 'THEMIS_CONNECTION_LOST'), 'the raw connection to be cut');
  await within(cut, 'the response to be cut');
  const refusals: string[] = [];
  web.events.on('dial-failed', ({ error }) => refusals.push(error.code));
  assert.equal((await web.fetch('https://payments/')).status, 200);
  assert.deepEqual(refusals, []);
});

test('where no new leaf can be made the old one serves, and it is told', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('served'));
  const web = await home.join('web');
  const path = home.home.service(serviceName('web')).identity;
  const failures: unknown[] = [];
  web.events.on('renewal-failed', ({ error, left }) => failures.push([error, left]));
  await rename(path, `${path}.aside`);
  await writeFile(path, 'not what it was', { mode: 0o600 });
  await waitFor(() => failures.length > 0, 'the failure to be told');
  await rejectsWith(web.renew(), 'THEMIS_FILE_MALFORMED');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  const renewed = once(web.events, 'renewed');
  await rename(`${path}.aside`, path);
  await within(renewed, 'the file to be taken up again');
  await web.renew();
});

test('a service without its file goes on with the keys that it has', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('served'));
  const web = await home.join('web');
  const path = home.home.service(serviceName('web')).identity;
  await rename(path, `${path}.aside`);
  await web.renew();
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
});

test('new keys are taken up with no restart, and connections under the old ones end with their grace', async () => {
  await using home = await TestHome.create('web', 'payments', 'orders');
  const { mesh: payments } = await home.serve('payments', (request, response) => {
    if (request.url === '/long') response.write(`key ${request.peer.chain.keySeq};`);
    else response.end(`key ${request.peer.chain.keySeq}`);
  });
  const web = await home.join('web');
  const orders = await home.join('orders');
  const long = await web.fetch('https://payments/long');
  const undisturbed = await orders.fetch('https://payments/long');
  const cut = rejectsWith(long.text(), 'THEMIS_CONNECTION_LOST');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'key 0');
  const renewed = once(web.events, 'renewed');
  await home.rotate('web', 0);
  await within(renewed, 'the new keys to be taken up', 5000);
  assert.equal(await (await web.fetch('https://payments/')).text(), 'key 1');
  await within(cut, 'the connection under the old key to be cut');
  assert.equal(payments.trust.history(web.id)?.seq, 1);
  const reader = undisturbed.body?.getReader();
  assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'key 0;');
  await reader?.cancel();
});

test('an instance that was found under its old keys is found under the new ones', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { mesh: payments } = await home.serve('payments', (_, response) => response.end('served'));
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  const failures: unknown[] = [];
  payments.events.on('directory-failed', ({ error }) => failures.push(error));
  const renewed = once(payments.events, 'renewed');
  await home.rotate('payments', 0);
  await within(renewed, 'the new keys to be taken up', 5000);
  assert.equal(await (await web.fetch('https://payments/')).text(), 'served');
  assert.deepEqual(failures, []);
});

test('another identity in the place of the own one is not taken up', async () => {
  await using home = await TestHome.create('web', 'orders');
  await using other = await TestHome.create('web');
  const web = await home.join('web');
  const path = home.home.service(serviceName('web')).identity;
  await rename(home.home.service(serviceName('orders')).identity, path);
  await rejectsWith(web.renew(), 'THEMIS_IDENTITY_MISSING');
  await rename(other.home.service(serviceName('web')).identity, path);
  await rejectsWith(web.renew(), 'THEMIS_HOME_FOREIGN');
});

test('a leaf lives no longer than the membership, and says when that has ended', async () => {
  await using home = await TestHome.create('web');
  const clock = new ManualClock();
  const web = await home.join('web', { clock, leafSeconds: 86_400 });
  const ends = web.trust.app.charter.claims.exp;
  const failed = once(web.events, 'renewal-failed') as Promise<[{ error: Error; left: number }]>;
  // The membership was made with the charter, and ends about when it does.
  clock.set((ends + 400 * 86_400) * 1000);
  clock.advance(30_000);
  const [{ error }] = await within(failed, 'the end to be told');
  await rejectsWith(Promise.reject(error), 'THEMIS_MEMBERSHIP_ENDED');
});

test('a leaf is renewed by the wall clock, also when no timer fired', async () => {
  await using home = await TestHome.create('web');
  const clock = new ManualClock();
  const web: Mesh = await home.join('web', { clock });
  const renewed = once(web.events, 'renewed');
  // As after a night in which the machine slept.
  clock.set(clock.now() + 3_000_000);
  clock.advance(30_000);
  await within(renewed, 'the leaf to be renewed');
});
