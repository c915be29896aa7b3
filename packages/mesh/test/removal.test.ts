import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

/** How long after the charter was stored a removed member may still be connected. Milliseconds. */
const BOUND = 2000;

test('a removed caller is cut off on every connection that it has, and nobody else is', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const streaming = new Map<string, ServerResponse[]>();
  const { mesh: payments } = await home.serve('payments', (request, response) => {
    if (request.url !== '/stream') {
      response.end('short');
      return;
    }
    const name = String(request.peer.name);
    streaming.set(name, [...(streaming.get(name) ?? []), response]);
    response.write('begun;');
  });
  const taken: string[] = [];
  await payments
    .createTcpServer((socket, peer) => {
      taken.push(String(peer.name));
      socket.on('close', () => taken.splice(taken.indexOf(String(peer.name)), 1));
      socket.resume();
      socket.write('hello');
    })
    .listen(0);
  const [web, orders] = [await home.join('web'), await home.join('orders')];
  const cuts: Promise<unknown>[] = [];
  for (let stream = 0; stream < 10; stream += 1) {
    cuts.push(rejectsWith((await web.fetch('https://payments/stream')).text(), 'THEMIS_CONNECTION_LOST'));
  }
  const left = await orders.fetch('https://payments/stream');
  for (const mesh of [web, orders]) assert.equal(await (await mesh.fetch('https://payments/')).text(), 'short');
  const [mine, theirs] = [await web.connect('payments'), await orders.connect('payments')];
  for (const socket of [mine, theirs]) assert.equal(String((await once(socket, 'data'))[0]), 'hello');
  const refused: string[] = [];
  payments.events.on('refused', ({ refusal }) => refused.push(refusal.code));
  const alarm = once(web.events, 'alarm') as Promise<[{ refusal: { code: string } }]>;
  const closed = rejectsWith(once(mine, 'close'), 'THEMIS_CONNECTION_LOST');

  await home.remove('web');
  const stored = Date.now();
  await Promise.all([...cuts, closed, ...(streaming.get('web') ?? []).map((response) => closeOf(response))]);
  assert.ok(Date.now() - stored <= BOUND, `${Date.now() - stored} ms`);

  assert.ok(refused.length >= 2 && refused.every((code) => code === 'member-removed'), refused.join());
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_REFUSED_BY_PEER', 'member-removed');
  await rejectsWith(web.connect('payments'), 'THEMIS_REFUSED_BY_PEER', 'member-removed');
  assert.equal((await within(alarm, 'web to hear of it'))[0].refusal.code, 'member-removed');
  assert.deepEqual(taken, ['orders']);

  theirs.write('still here');
  streaming.get('orders')?.[0]?.end('ended');
  assert.equal(await left.text(), 'begun;ended');
  assert.equal(await (await orders.fetch('https://payments/')).text(), 'short');
  theirs.destroy();
});

test('a removed callee is cut off by its callers, and found no more', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { mesh: payments } = await home.serve('payments', (_, response) => void response.write('begun;'));
  await payments.createTcpServer((socket) => socket.write('hello')).listen(0);
  const web = await home.join('web');
  const response = await web.fetch('https://payments/');
  const cut = rejectsWith(response.text(), 'THEMIS_CONNECTION_LOST', 'member-removed');
  const socket = await web.connect('payments');
  const closed = rejectsWith(once(socket.resume(), 'close'), 'THEMIS_CONNECTION_LOST');
  await home.remove('payments');
  await within(Promise.all([cut, closed]), 'both connections to be cut', BOUND);
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_NAME_UNKNOWN');
});

test('a removed service cannot join', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.remove('web');
  await rejectsWith(home.join('web'), 'THEMIS_MEMBERSHIP_ENDED');
});

test('a member that has just joined is known at once by those that were there before', async () => {
  await using home = await TestHome.create('payments');
  const { mesh: payments } = await home.serve('payments', (request, response) => response.end(String(request.peer.name)));
  await home.add('web');
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'web');
  await home.serve('web', (_, response) => response.end('back'));
  assert.equal(await (await payments.fetch('https://web/')).text(), 'back');
  await home.remove('web');
  await waitFor(() => payments.trust.app.charter.memberByName(web.name) === undefined, 'the news');
  await home.add('web');
  const again = await home.join('web');
  assert.notEqual(again.id, web.id);
  assert.equal(await (await again.fetch('https://payments/')).text(), 'web');
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_REFUSED_BY_PEER', 'member-removed');
});

function closeOf(response: ServerResponse): Promise<unknown> {
  return response.closed ? Promise.resolve() : once(response, 'close');
}
