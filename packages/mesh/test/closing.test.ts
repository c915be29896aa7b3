import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { ManualClock, waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

test('an instance that closes under load loses no request, and does none twice', async () => {
  await using home = await TestHome.create('web', 'payments');
  const executed = new Map<string, number>();
  const listener: RequestListener = (request, response) => {
    const id = String(request.headers['x-id']);
    request.resume();
    request.on('end', () => {
      executed.set(id, (executed.get(id) ?? 0) + 1);
      setTimeout(() => response.end(id), 2);
    });
  };
  const staying = await home.serve('payments', listener);
  const leaving = [await home.serve('payments', listener), await home.serve('payments', listener)];
  const web = await home.join('web');
  let isOver = false;
  const sent: string[] = [];
  const call = async (lane: number): Promise<void> => {
    const id = randomUUID();
    sent.push(id);
    const body = lane % 3 === 1 ? 'bytes' : new Blob(['stream']).stream();
    const init = lane % 3 === 0 ? { method: 'GET' } : { method: 'POST', body };
    const response = await web.fetch('https://payments/', { ...init, duplex: 'half', headers: { 'x-id': id } });
    assert.equal(await response.text(), id);
  };
  const lanes = Array.from({ length: 24 }, async (_, lane) => {
    while (!isOver) await call(lane);
  });
  await waitFor(() => sent.length > 200);
  await leaving[0]?.mesh.close();
  await waitFor(() => sent.length > 600);
  await leaving[1]?.mesh.close();
  await waitFor(() => sent.length > 1000);
  isOver = true;
  await within(Promise.all(lanes), 'the last calls');
  assert.deepEqual(
    [...executed.values()].filter((times) => times !== 1),
    [],
  );
  assert.equal(executed.size, sent.length);
  assert.equal(staying.server.listening, true);
});

test('what is under way ends, what is new is refused', async () => {
  await using home = await TestHome.create('web', 'payments');
  const asked = Promise.withResolvers<() => void>();
  const { mesh: payments } = await home.serve('payments', (request, response) => {
    response.write('begun;');
    if (request.url === '/long') asked.resolve(() => response.end('ended'));
    else response.end();
  });
  const web = await home.join('web');
  const response = await web.fetch('https://payments/long');
  const end = await asked.promise;
  const closing = payments.close();
  // It cannot be reached any more, and a moment later it is known that there is none.
  const fate = (): Promise<unknown> => web.fetch('https://payments/').catch((error: unknown) => error);
  await waitFor(async () => ThemisError.is(await fate(), 'THEMIS_NO_INSTANCE'), 'the instance to be gone');
  end();
  assert.equal(await response.text(), 'begun;ended');
  await within(closing, 'the mesh to close');
});

test('a caller that closes lets its calls end, makes no new ones, and keeps nothing open', async () => {
  await using home = await TestHome.create('web', 'payments', 'db');
  const { server } = await home.serve('payments', (_, response) => {
    response.write('begun;');
    setTimeout(() => response.end('ended'), 100);
  });
  const db = await home.join('db');
  await db.createTcpServer((socket) => socket.pipe(socket)).listen(0);
  const web = await home.join('web');
  await (await web.fetch('https://payments/')).text();
  const response = await web.fetch('https://payments/');
  const waiting = web.fetch('https://payments/');
  const socket = await web.connect('db');
  const closing = web.close();
  await waitFor(
    () =>
      web.connect('db').then(
        (other) => void other.destroy(),
        () => true,
      ),
    'no more calls to be made',
  );
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_CLOSED');
  await rejectsWith(web.connect('db'), 'THEMIS_CLOSED');
  assert.equal(await response.text(), 'begun;ended');
  assert.equal(await (await waiting).text(), 'begun;ended');
  socket.end();
  await within(closing, 'the mesh to close', 3000);
  const isAlone = (): Promise<boolean> => new Promise((resolve) => server.getConnections((_, count) => resolve(count === 0)));
  await waitFor(isAlone, 'no connection');
  assert.equal(web.close(), web.close());
});

test('a handler may call others while its mesh closes', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  await home.serve('payments', (_, response) => response.end('paid'));
  const asked = Promise.withResolvers<undefined>();
  const { mesh: orders } = await home.serve('orders', (_, response) => {
    asked.resolve(undefined);
    setTimeout(() => {
      orders.fetch('https://payments/').then(
        async (answer) => response.end(await answer.text()),
        (error: unknown) => response.end(String(error)),
      );
    }, 50);
  });
  const web = await home.join('web');
  const call = web.fetch('https://orders/');
  await asked.promise;
  const closing = orders.close();
  assert.equal(await (await call).text(), 'paid');
  await closing;
});

test('what takes too long is cut, on either side', async () => {
  await using home = await TestHome.create('web', 'payments');
  const clock = new ManualClock();
  const { mesh: payments } = await home.serve('payments', (_, response) => void response.write('for ever'), { clock });
  const web = await home.join('web', { clock });
  const refused: unknown[] = [];
  payments.events.on('refused', (one) => refused.push(one));
  const first = rejectsWith((await web.fetch('https://payments/')).text(), 'THEMIS_CONNECTION_LOST');
  let isClosed = false;
  const closing = payments.close().then(() => (isClosed = true));
  for (let second = 0; second < 9; second += 1) {
    clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(isClosed, false);
  await waitFor(() => {
    clock.advance(1000);
    return isClosed;
  });
  await closing;
  await first;
  assert.deepEqual(refused, [], 'nobody was turned away');

  const again = await home.serve('payments', (_, response) => void response.write('for ever'), { clock });
  const second = rejectsWith((await web.fetch('https://payments/')).text(), 'THEMIS_CONNECTION_LOST');
  const over = web.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  clock.advance(5000);
  await within(over, 'the caller to close');
  await second;
  again.server.closeAllConnections();
});

test('a process that has closed its mesh ends by itself', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { Script } = await import('@themis-mesh/testkit');
  const script = new Script(`${import.meta.dirname}/close-and-end.ts`, [home.path]);
  const lines = await within(script.ended(), 'the process to end', 20_000);
  assert.deepEqual(lines, ['hello web', 'closed']);
});

test('a connection that comes while the server closes is served and ended', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { mesh, server } = await home.serve('payments', (_, response) => response.end('served'));
  const { port } = server.address() ?? { port: 0 };
  const web = await home.channel('web', port);
  const closing = mesh.close();
  web.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let text = '';
  web.socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await within(once(web.socket, 'close'), 'the connection to be ended');
  assert.match(text, /served/);
  await closing;
});
