import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { within } from '@themis-mesh/testkit';
import { TestHome } from '../test-home.ts';

test('the caller is on each request, whatever the event that brings it', async (t) => {
  await using home = await TestHome.create('payments', 'web', 'orders');
  const { server } = await home.serve('payments', () => undefined);
  const seen: string[] = [];
  const note = (event: string, request: IncomingMessage): void => void seen.push(`${event} ${request.peer.name}`);
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    note('request', request);
    response.end();
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    note('checkContinue', request);
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    note('checkExpectation', request);
    response.end();
  });
  for (const event of ['upgrade', 'connect']) {
    server.on(event, (request: IncomingMessage, socket: Duplex) => {
      note(event, request);
      socket.end();
    });
  }
  const { port } = server.address() ?? { port: 0 };
  const cases = {
    'GET / HTTP/1.1\r\nHost: a\r\n': ['request'],
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n': ['checkContinue', 'request'],
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n': ['checkExpectation'],
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n': ['upgrade'],
    'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n': ['connect'],
  };
  for (const [head, events] of Object.entries(cases)) {
    await t.test(events.join(' and '), async () => {
      seen.length = 0;
      for (const caller of ['web', 'orders']) {
        const { socket } = await home.channel(caller, port);
        socket.write(`${head}Connection: close\r\n\r\n`);
        socket.resume();
        await within(once(socket, 'end'), 'the answer');
        socket.destroy();
      }
      assert.deepEqual(
        seen,
        ['web', 'orders'].flatMap((caller) => events.map((event) => `${event} ${caller}`)),
      );
    });
  }
});

test('it says who, as what, since when, and cannot be changed', async () => {
  await using home = await TestHome.create('payments', 'web');
  const peers: IncomingMessage[] = [];
  await home.serve('payments', (request, response) => {
    peers.push(request);
    response.end();
  });
  const web = await home.join('web', { instance: 'one' });
  const before = Math.floor(Date.now() / 1000);
  await web.fetch('https://payments/', { headers: { peer: 'somebody-else', 'x-peer': 'x' } });
  const [request] = peers;
  assert.ok(request);
  const { id, name, instance, spiffeId, since, labels, by } = request.peer;
  const wanted = { id: web.id, name: 'web', instance: 'one', spiffeId: web.spiffeId, by: 'charter' };
  assert.deepEqual({ id, name, instance, spiffeId, by }, wanted);
  assert.equal(spiffeId, `spiffe://${web.id}/i/one`);
  assert.ok(since >= before && labels.size === 0);
  assert.throws(() => Object.assign(request, { peer: undefined }), TypeError);
  assert.throws(() => Object.assign(request.peer, { name: 'orders' }), TypeError);
  // As frameworks do.
  Object.setPrototypeOf(request, Object.create(Object.getPrototypeOf(request) as object) as object);
  assert.equal(request.peer.name, 'web');
});

test('a request that came over no channel of the server has no caller, and is none', async () => {
  await using home = await TestHome.create('payments', 'web');
  let taken = 0;
  const { server } = await home.serve('payments', (_, response) => response.end(String((taken += 1))));
  const other = await home.serve('payments', (request, response) => {
    assert.throws(() => server.emit('request', request, response), TypeError);
    response.end('refused');
  });
  const { port } = other.server.address() ?? { port: 0 };
  const { socket } = await home.channel('web', port);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /refused/);
  assert.equal(taken, 0);
});

test('what was read already is not executed for a caller that was cut off meanwhile', async () => {
  await using home = await TestHome.create('payments', 'web');
  const executed: string[] = [];
  const { mesh, server } = await home.serve('payments', (request, response) => {
    executed.push(String(request.url));
    mesh.setPolicy({ default: 'deny-all' });
    response.end();
  });
  const { port } = server.address() ?? { port: 0 };
  const { socket } = await home.channel('web', port);
  socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  socket.resume();
  await within(once(socket, 'close'), 'the connection to be cut');
  assert.deepEqual(executed, ['/1']);
});
