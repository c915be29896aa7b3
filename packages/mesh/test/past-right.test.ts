import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { systemClock, type Clock } from '@themis-mesh/channel';
import { within } from '@themis-mesh/testkit';
import { callRaw, keysOf } from './raw-caller.ts';
import { TestHome } from './test-home.ts';

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: orders\r\n\r\n`;

test('of one flight of requests none is carried out behind the one at which the right ended', async () => {
  await using home = await TestHome.create('orders', 'web');
  const carriedOut: string[] = [];
  const orders = await home.serve('orders', ({ url = '' }, response) => {
    carriedOut.push(url);
    if (url === '/2') orders.mesh.setPolicy({ default: 'deny-all' });
    response.end();
  });
  const { socket } = await callRaw(await keysOf(home, 'web'), orders);
  socket.resume();
  socket.write(['/1', '/2', '/3', '/4'].map(request).join(''));
  await within(once(socket, 'close'), 'the cut');
  assert.deepEqual(carriedOut, ['/1', '/2']);
});

test('a request that comes while a process sleeps past the end of a leaf is not carried out when it wakes', async () => {
  await using home = await TestHome.create('orders', 'web');
  let slept = 0;
  const clock: Clock = { now: () => Date.now() + slept, after: systemClock.after };
  let carriedOut = 0;
  const count = (): number => (carriedOut += 1);
  const orders = await home.serve('orders', (_, response) => response.end(String(count())), { clock });
  const { socket } = await callRaw(await keysOf(home, 'web'), orders);
  socket.write(request('/'));
  await within(once(socket, 'data'), 'the answer');
  slept = 700_000;
  socket.write(request('/'));
  await within(once(socket, 'close'), 'the cut');
  assert.equal(carriedOut, 1);
});
