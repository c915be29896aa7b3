import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Mesh } from '@themis-mesh/mesh';
import { rejectsWith } from './expect-code.ts';
import { onRequest } from './raw-requests.ts';
import { serviceName, TestHome } from './test-home.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** An instance that can be found and that nobody can reach: it listens on one address and says another. */
async function unreachable(home: TestHome): Promise<void> {
  await home.serve('payments', (_, response) => response.end('never'), { advertise: '127.0.0.99' });
}

test('an instance that cannot be reached is passed over, and told of', async () => {
  await using home = await TestHome.create('web', 'payments');
  await unreachable(home);
  await home.serve('payments', (request, response) => {
    request.resume();
    request.on('end', () => response.end('there'));
  });
  const web = await home.join('web');
  const failures: string[] = [];
  web.events.on('dial-failed', ({ error }) => failures.push(error.code));
  for (let call = 0; call < 10; call += 1) {
    const body = new Blob(['a stream that goes whole']).stream();
    assert.equal(await (await web.fetch('https://payments/', { method: 'POST', body, duplex: 'half' })).text(), 'there');
  }
  assert.ok(failures.length <= 1, 'it is not tried again for a while');
  assert.ok(failures.every((code) => code === 'THEMIS_DIAL_FAILED'));
});

test('where no instance can be reached, the call fails with the last reason', async () => {
  await using home = await TestHome.create('web', 'payments');
  await unreachable(home);
  await unreachable(home);
  const web = await home.join('web');
  let isRead = false;
  const body = new Readable({ read: () => void (isRead = true) });
  const service = serviceName('payments');
  await rejectsWith(web.send({ service, method: 'POST', path: '/', headers: [], body }), 'THEMIS_DIAL_FAILED');
  assert.equal(isRead, false, 'nothing was read of a body that went nowhere');
  assert.equal(body.destroyed, true);
  await rejectsWith(web.connect('payments'), 'THEMIS_NO_INSTANCE');
});

test('what is not Themis, and what is another service, is passed over', async () => {
  await using home = await TestHome.create('web', 'payments', 'orders');
  // Others come to the ports that these have, on addresses where nobody else takes any: both at the same port.
  const payments = await home.join('payments', { advertise: '127.0.0.98' });
  const plain = createServer((socket) => socket.end('220 smtp\r\n'));
  const plainPort = await listenAnywhere(payments);
  await new Promise<void>((resolve) => plain.listen(plainPort, '127.0.0.98', resolve));
  home.onEnd(() => plain.close());

  const imposed = await home.join('payments', { advertise: '127.0.0.97' });
  const port = await listenAnywhere(imposed);
  const other = await home.join('orders');
  const orders = other.createServer((_, response) => response.end('orders'));
  await new Promise<void>((resolve) => orders.listen({ port, host: '127.0.0.97' }, resolve));

  await home.serve('payments', (_, response) => response.end('payments'));
  const web = await home.join('web');
  const failures = new Set<string>();
  web.events.on('dial-failed', ({ error }) => failures.add(error.refusal?.code ?? error.code));
  for (let call = 0; call < 30; call += 1) assert.equal(await (await web.fetch('https://payments/')).text(), 'payments');
  assert.ok(
    [...failures].every((code) => ['THEMIS_HANDSHAKE_FAILED', 'member-name'].includes(code)),
    [...failures].join(),
  );
});

/** @returns the port of loopback's first address */
async function listenAnywhere(mesh: Mesh): Promise<number> {
  const server = mesh.createServer();
  await once(server.listen(0), 'listening');
  return server.address()?.port ?? 0;
}

/** A good instance, and one that takes requests and breaks off without a word. Counts what each was asked. */
async function breakingOff(home: TestHome): Promise<{ good: number; broken: number }> {
  const asked = { good: 0, broken: 0 };
  await home.serveRaw('payments', ({ socket }) => {
    onRequest(socket, () => {
      asked.broken += 1;
      socket.destroy();
    });
  });
  await home.serve('payments', (request, response) => {
    asked.good += 1;
    request.resume();
    response.end('ok');
  });
  return asked;
}

test('an idempotent request that breaks off is repeated at another instance', async (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    await t.test(method, async () => {
      await using home = await TestHome.create('web', 'payments');
      const asked = await breakingOff(home);
      const web = await home.join('web');
      for (let call = 0; call < 8; call += 1) {
        const response = await web.fetch('https://payments/', { method, ...(method === 'PUT' ? { body: 'again' } : {}) });
        assert.equal(response.status, 200);
      }
      assert.equal(asked.good, 8);
      assert.ok(asked.broken <= 2, 'the broken one is passed over for a while');
    });
  }
});

test('no other request is ever sent twice', async (t) => {
  for (const [name, init] of [
    ['POST', { method: 'POST', body: 'once' }],
    ['PATCH', { method: 'PATCH', body: 'once' }],
    ['POST without a body', { method: 'POST' }],
    ['PUT of a stream', { method: 'PUT', duplex: 'half' }],
  ] as const) {
    await t.test(name, async () => {
      await using home = await TestHome.create('web', 'payments');
      const asked = await breakingOff(home);
      const web = await home.join('web');
      let failures = 0;
      for (let call = 0; call < 12; call += 1) {
        const body = name === 'PUT of a stream' ? { body: new Blob(['once']).stream() } : {};
        const answered = await web.fetch('https://payments/', { ...init, ...body }).then(
          () => true,
          (error: unknown) => rejectsWith(Promise.reject(error as Error), 'THEMIS_CONNECTION_LOST').then(() => false),
        );
        if (!answered) failures += 1;
      }
      assert.deepEqual({ ...asked, failures }, { good: 12 - failures, broken: failures, failures });
    });
  }
});

test('a request is tried a few times at most', async () => {
  await using home = await TestHome.create('web', 'payments');
  let asked = 0;
  for (let instance = 0; instance < 6; instance += 1) {
    await home.serveRaw('payments', ({ socket }) => {
      onRequest(socket, () => {
        asked += 1;
        socket.destroy();
      });
    });
  }
  const web = await home.join('web');
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_CONNECTION_LOST');
  assert.equal(asked, 4);
});

test('a kept connection that its server has left is replaced for an idempotent request, and told of for any other', async () => {
  await using home = await TestHome.create('web', 'payments');
  const requests: string[] = [];
  await home.serveRaw('payments', ({ socket }) => {
    let count = 0;
    onRequest(socket, (head) => {
      requests.push(head.split(' ', 1)[0] ?? '');
      count += 1;
      // The second request on each connection meets a server that is gone.
      if (count === 1) socket.write(OK);
      else socket.destroy();
    });
  });
  const web = await home.join('web');
  const get = async (): Promise<string> => (await web.fetch('https://payments/')).text();
  const post = async (): Promise<string> => (await web.fetch('https://payments/', { method: 'POST', body: 'x' })).text();
  assert.equal(await get(), 'ok');
  assert.equal(await get(), 'ok', 'the same, only, instance was asked again on a new connection');
  assert.deepEqual(requests.splice(0), ['GET', 'GET', 'GET']);
  await rejectsWith(post(), 'THEMIS_CONNECTION_LOST');
  assert.deepEqual(requests, ['POST'], 'a POST may have been done');
});

test('an upgrade is not repeated', async () => {
  await using home = await TestHome.create('web', 'payments');
  let asked = 0;
  for (const _ of ['one', 'two']) {
    await home.serveRaw('payments', ({ socket }) => {
      onRequest(socket, () => {
        asked += 1;
        socket.destroy();
      });
    });
  }
  const web = await home.join('web');
  const headers = ['connection', 'upgrade', 'upgrade', 'websocket'];
  const call = web.send({ service: serviceName('payments'), method: 'GET', path: '/', headers });
  await rejectsWith(call, 'THEMIS_CONNECTION_LOST');
  assert.equal(asked, 1);
});

test('two identities in one process never share a connection', async () => {
  await using home = await TestHome.create('web', 'orders', 'payments');
  const byConnection = new Map<number, Set<string>>();
  let mixed = 0;
  await home.serve('payments', (request, response) => {
    const { name = 'stranger' } = request.peer;
    if (name !== request.headers['x-caller']) mixed += 1;
    const port = request.socket.remotePort ?? 0;
    byConnection.set(port, (byConnection.get(port) ?? new Set()).add(name));
    response.end(name);
  });
  const [web, orders, again] = [await home.join('web'), await home.join('orders'), await home.join('web')];
  await Promise.all(
    Array.from({ length: 600 }, async (_, index) => {
      const mesh = [web, orders, again][index % 3] ?? web;
      const response = await mesh.fetch('https://payments/', { headers: { 'x-caller': mesh.name } });
      assert.equal(await response.text(), mesh.name);
    }),
  );
  assert.equal(mixed, 0);
  assert.ok([...byConnection.values()].every((names) => names.size === 1));
});
