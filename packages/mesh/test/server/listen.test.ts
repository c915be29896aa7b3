import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { waitFor, within } from '@themis-mesh/testkit';
import { throwsWith } from '../expect-code.ts';
import { listening, TestHome } from '../test-home.ts';

/** Both kinds of server, for what is the same with them. */
async function withBoth(each: (server: Server, kind: 'plain' | 'mesh') => Promise<void>): Promise<void> {
  await each(createServer(), 'plain');
  await using home = await TestHome.create('payments');
  await each((await home.join('payments')).createServer(), 'mesh');
}

test('a server says where it listens, from its listening to its close', async () => {
  await withBoth(async (server) => {
    assert.deepEqual([server.listening, server.address()], [false, null]);
    const events: string[] = [];
    for (const name of ['listening', 'close'] as const) server.on(name, () => events.push(name));
    server.listen({ port: 0, host: '127.0.0.1' }, () => events.push('called'));
    await once(server, 'listening');
    const { address, family, port } = server.address() as AddressInfo;
    assert.deepEqual([server.listening, address, family, port > 0], [true, '127.0.0.1', 'IPv4', true]);
    server.close(() => events.push('called back'));
    assert.equal(server.address(), null);
    await once(server, 'close');
    assert.deepEqual(events, ['listening', 'called', 'close', 'called back']);
    assert.equal(server.listening, false);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
});

test('a port is given as a number, as digits, in an object, or not at all', async () => {
  await withBoth(async (server) => {
    for (const args of [[], [0], ['0'], [0, '127.0.0.1'], [0, '127.0.0.1', 511], [{ port: 0 }], [{ port: 0, host: '::1' }]]) {
      await new Promise<void>((resolve) => (server.listen as (...args: unknown[]) => Server)(...args, resolve));
      assert.equal(server.listening, true);
      server.close();
      await once(server, 'close');
    }
  });
});

test('what cannot be listened on is an error event, with the cause that Node gives', async () => {
  const codes: string[] = [];
  await withBoth(async (server) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    for (const [port, host] of [
      [(taken.address() as AddressInfo).port, '127.0.0.1'],
      [0, '192.0.2.1'],
    ] as const) {
      server.listen(port, host);
      const [error] = (await once(server, 'error')) as [NodeJS.ErrnoException];
      codes.push(String(ThemisError.is(error) ? (error.cause as NodeJS.ErrnoException).code : error.code));
      assert.equal(server.listening, false);
    }
    taken.close();
  });
  assert.deepEqual(codes, ['EADDRINUSE', 'EADDRNOTAVAIL', 'EADDRINUSE', 'EADDRNOTAVAIL']);
});

test('closing what does not listen is told, and listening twice is refused', async () => {
  await withBoth(async (server, kind) => {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => server.close(resolve));
    assert.equal(error?.code, 'ERR_SERVER_NOT_RUNNING');
    server.listen(0, '127.0.0.1');
    const again = (): Server => server.listen(0, '127.0.0.1');
    // Node overlooks a second call until it listens.
    if (kind === 'mesh') throwsWith(again, 'THEMIS_CONFIG_INVALID');
    await once(server, 'listening');
    if (kind === 'mesh') throwsWith(again, 'THEMIS_CONFIG_INVALID');
    else assert.throws(again, { code: 'ERR_SERVER_ALREADY_LISTEN' });
    server.close();
    await once(server, 'close');
  });
});

test('a signal closes the server, also before it listens', async () => {
  await withBoth(async (server) => {
    for (const isEarly of [false, true]) {
      const controller = new AbortController();
      server.listen({ port: 0, host: '127.0.0.1', signal: controller.signal });
      if (!isEarly) await once(server, 'listening');
      controller.abort();
      await within(once(server, 'close'), 'the server to close');
      assert.equal(server.listening, false);
    }
  });
});

test('a mesh server listens on ports, and parses strictly', async () => {
  await using home = await TestHome.create('payments');
  const mesh = await home.join('payments');
  for (const args of [['/tmp/socket'], [{ path: '/tmp/socket' }], [{ fd: 3 }], [-1], [65_536], [1.5], ['']]) {
    throwsWith(() => (mesh.createServer().listen as (...args: unknown[]) => Server)(...args), 'THEMIS_CONFIG_INVALID');
  }
  throwsWith(() => mesh.createServer({ insecureHTTPParser: true }), 'THEMIS_CONFIG_INVALID');
  throwsWith(() => mesh.createServer({ httpValidation: 'relaxed' } as object), 'THEMIS_CONFIG_INVALID');
  mesh.createServer({ httpValidation: 'strict' } as object);
});

test('an address that nobody can dial needs another to be advertised', async () => {
  await using home = await TestHome.create('payments', 'web');
  const mesh = await home.join('payments');
  for (const host of ['0.0.0.0', '::']) {
    const server = mesh.createServer();
    server.listen(0, host);
    const [error] = (await once(server, 'error')) as [Error];
    assert.ok(ThemisError.is(error, 'THEMIS_CONFIG_INVALID'));
    assert.match(error.message, /advertise/);
  }
  const other = await home.join('payments', { advertise: '127.0.0.1' });
  const server = other.createServer((_, response) => response.end('here'));
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const web = await home.join('web');
  assert.equal(await (await web.fetch('https://payments/')).text(), 'here');
});

test('connections are counted, and limited where that is asked for', async () => {
  await using home = await TestHome.create('payments', 'web');
  const { mesh, server } = await home.serve('payments', (_, response) => response.end());
  server.maxConnections = 1;
  const drops: unknown[] = [];
  server.on('drop', (drop) => drops.push(drop));
  const { port } = server.address() ?? { port: 0 };
  const first = await home.channel('web', port);
  await home.channel('web', port).then(
    ({ socket }) => within(once(socket.resume(), 'close'), 'the second to be dropped'),
    (error: unknown) => assert.ok(ThemisError.is(error, 'THEMIS_HANDSHAKE_FAILED')),
  );
  assert.equal(drops.length, 1);
  assert.equal(await new Promise((resolve) => server.getConnections((_, count) => resolve(count))), 1);
  first.cut();
  await waitFor(() => new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 0))));
  assert.ok(mesh.name);
});

test('nobody gets in without a proof, and nothing of them is heard', async () => {
  await using home = await TestHome.create('payments');
  const events: string[] = [];
  const { server } = await home.serve('payments', () => events.push('request'));
  server.on('connection', () => events.push('connection'));
  server.on('clientError', () => events.push('clientError'));
  const { port } = server.address() ?? { port: 0 };
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  socket.resume();
  await within(once(socket, 'close'), 'the stranger to be turned away');
  assert.deepEqual(events, []);
});

test('closing the mesh closes its servers, and they can listen no more', async () => {
  await using home = await TestHome.create('payments');
  const { mesh, server } = await home.serve('payments', (_, response) => response.end());
  const tcp = mesh.createTcpServer((socket) => socket.end());
  await tcp.listen(0);
  const ends = Promise.all([once(server, 'close'), once(tcp, 'close')]);
  await mesh.close();
  await within(ends, 'the servers to close');
  assert.deepEqual([server.listening, server.address(), tcp.address()], [false, null, null]);
  await assert.rejects(listening(server), (error) => ThemisError.is(error, 'THEMIS_CLOSED'));
  await assert.rejects(tcp.listen(0), (error) => ThemisError.is(error, 'THEMIS_CLOSED'));
  await mesh.close();
});
