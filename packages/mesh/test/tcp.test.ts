import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, type Duplex } from 'node:stream';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';
import type { ConnectionListener, Mesh, MeshTcpServer } from '@themis-mesh/mesh';

async function serving(home: TestHome, listener: ConnectionListener): Promise<{ server: MeshTcpServer; web: Mesh; db: Mesh }> {
  const db = await home.join('db');
  const server = db.createTcpServer(listener);
  await server.listen(0);
  return { server, db, web: await home.join('web') };
}

/** Reads to the end of one direction, and leaves the other as it is: an iterator would destroy both. */
async function textOf(stream: Duplex): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await within(once(stream, 'end'), 'the other side to end');
  return text;
}

test('bytes go and come back, and both sides know with whom they speak', async () => {
  await using home = await TestHome.create('web', 'db');
  const callers: string[] = [];
  const { web } = await serving(home, (socket, peer) => {
    callers.push(String(peer.name));
    socket.pipe(socket);
  });
  const socket = await web.connect('db.mesh.internal');
  socket.write('ping');
  assert.equal(String((await once(socket, 'data'))[0]), 'ping');
  socket.end();
  await once(socket, 'close');
  const channel = await web.dial('db');
  assert.equal(channel.peer.name, 'db');
  channel.cut();
  assert.deepEqual(callers, ['web', 'web']);
});

test('one direction may end while the other goes on, where both sides want that', async () => {
  await using home = await TestHome.create('web', 'db');
  const { web } = await serving(home, (socket) => {
    socket.allowHalfOpen = true;
    void textOf(socket).then((question) => {
      setTimeout(() => socket.end(`answer to ${question}`), 20);
    });
  });
  const socket = await web.connect('db');
  socket.allowHalfOpen = true;
  socket.end('the question');
  assert.equal(await textOf(socket), 'answer to the question');
});

test('a server may end first', async () => {
  await using home = await TestHome.create('web', 'db');
  const heard = Promise.withResolvers<string>();
  const { web } = await serving(home, (socket) => {
    socket.allowHalfOpen = true;
    socket.end('bye');
    void textOf(socket).then(heard.resolve);
  });
  const socket = await web.connect('db');
  socket.allowHalfOpen = true;
  assert.equal(await textOf(socket), 'bye');
  socket.end('still here');
  assert.equal(await heard.promise, 'still here');
});

test('as in node:net, the end of one direction ends the other by default', async () => {
  await using home = await TestHome.create('web', 'db');
  const { web } = await serving(home, (socket) => void socket.resume());
  const socket = await web.connect('db');
  socket.resume();
  socket.end();
  await within(once(socket, 'close'), 'the server to end its side');
});

test('large transfers arrive whole, at the pace of the slower side', async () => {
  await using home = await TestHome.create('web', 'db');
  const size = 30_000_000;
  let received = 0;
  let isRead = false;
  const { web } = await serving(home, (socket) => {
    socket.allowHalfOpen = true;
    socket.pause();
    void waitFor(() => isRead).then(() => {
      socket.on('data', (chunk: Buffer) => (received += chunk.length));
      socket.on('end', () => socket.end('done'));
      socket.resume();
    });
  });
  const socket = await web.connect('db');
  socket.allowHalfOpen = true;
  let pulled = 0;
  const source = new Readable({
    read(wanted) {
      const chunk = Math.min(wanted, size - pulled);
      pulled += chunk;
      this.push(chunk === 0 ? null : Buffer.alloc(chunk, 1));
    },
  });
  source.pipe(socket);
  await waitFor(() => socket.writableNeedDrain, 'the writer to be slowed down');
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(pulled < size, `${pulled} bytes were taken from the source though nobody read them`);
  isRead = true;
  assert.equal(await textOf(socket), 'done');
  assert.equal(received, size);
});

test('many at once each get their own', async () => {
  await using home = await TestHome.create('web', 'db');
  const { web } = await serving(home, (socket) => socket.pipe(socket));
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const socket = await web.connect('db');
      socket.end(`number ${index}`);
      assert.equal(await textOf(socket), `number ${index}`);
    }),
  );
});

test('HTTP and raw bytes of one service do not meet', async () => {
  await using home = await TestHome.create('web', 'db');
  const { db, web } = await serving(home, (socket) => socket.end('raw'));
  await rejectsWith(web.fetch('https://db/'), 'THEMIS_NO_INSTANCE');
  const server = db.createServer((_, response) => response.end('http'));
  server.listen(0);
  await once(server, 'listening');
  assert.equal(await (await web.fetch('https://db/')).text(), 'http');
  assert.equal(await textOf(await web.connect('db')), 'raw');
});

test('closing waits for what is open, and cuts what takes too long', async () => {
  await using home = await TestHome.create('web', 'db');
  const { web, server } = await serving(home, (socket) => socket.pipe(socket));
  const socket = await web.connect('db');
  let isClosed = false;
  const closing = server.close().then(() => (isClosed = true));
  await waitFor(
    () =>
      web.connect('db').then(
        (other) => void other.destroy(),
        () => true,
      ),
    'nobody to be taken any more',
  );
  await rejectsWith(web.connect('db'), 'THEMIS_NO_INSTANCE');
  socket.write('still served');
  assert.equal(String((await once(socket, 'data'))[0]), 'still served');
  assert.equal(isClosed, false);
  socket.end();
  await within(closing, 'the server to close');
});
