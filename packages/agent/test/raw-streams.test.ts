import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { freePort, waitFor, within } from '@themis-mesh/testkit';
import { dialPlain, listenPlain, readUntil } from './raw.ts';
import { TestHome } from './test-home.ts';

/** More than any bound of what may be on its way: buffers of both sidecars, credit, sockets of the kernel. */
const ON_THE_WAY = 32_000_000;

/** An app behind a sidecar, and a port of loopback that leads to it from another one. */
async function forwarded(home: TestHome, onConnection: (socket: Socket) => void) {
  const port = await listenPlain(home, onConnection);
  const db = await home.sidecar('db', { port: String(port), protocol: 'tcp' });
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  const web = await home.sidecar('web', { port: String(idle), forward: [`${local}=db`] });
  return { local, db, web };
}

test('many connections share one channel between two sidecars', async () => {
  await using home = await TestHome.create('db', 'web');
  const { local, web } = await forwarded(home, (socket) => socket.pipe(socket));
  const sockets = await Promise.all(Array.from({ length: 100 }, () => dialPlain(local)));
  await Promise.all(
    sockets.map(async (socket, index) => {
      socket.write(`number ${index};`);
      assert.equal(await readUntil(socket, ';'), `number ${index};`);
    }),
  );
  assert.match(web.mesh.metrics.text(), /themis_channels_open\{direction="outbound"\} 1\n/);
  for (const socket of sockets) socket.end();
  await waitFor(() => /themis_requests_in_flight\{direction="outbound"\} 0\n/.test(web.mesh.metrics.text()), 'the end of all');
});

test('a reset passes through two sidecars as a reset, either way', async () => {
  await using home = await TestHome.create('db', 'web');
  const heard = Promise.withResolvers<string | undefined>();
  const { local } = await forwarded(home, (socket) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => heard.resolve(code));
    socket.on('data', (chunk) => {
      if (String(chunk) === 'reset me') socket.resetAndDestroy();
      else socket.write(chunk);
    });
  });
  const mine = await dialPlain(local);
  mine.write('hello');
  await readUntil(mine, 'hello');
  mine.resetAndDestroy();
  assert.equal(await within(heard.promise, 'the reset'), 'ECONNRESET');

  const theirs = await dialPlain(local);
  let hasEnded = false;
  theirs.on('end', () => (hasEnded = true));
  const reset = once(theirs, 'error') as Promise<[NodeJS.ErrnoException]>;
  theirs.resume();
  theirs.write('reset me');
  assert.equal((await within(reset, 'the reset'))[0].code, 'ECONNRESET');
  assert.equal(hasEnded, false);
});

test('who reads slowly slows the other side down, and nobody else', async () => {
  await using home = await TestHome.create('db', 'web');
  const size = 100_000_000;
  const piece = Buffer.alloc(65_536, 'x');
  let sent = 0;
  const { local } = await forwarded(home, (socket) => {
    const pour = (): void => {
      while (sent < size) {
        const part = piece.subarray(0, Math.min(piece.length, size - sent));
        sent += part.length;
        if (!socket.write(part)) return;
      }
      socket.end();
    };
    socket.once('data', (chunk) => {
      if (String(chunk) !== 'pour') {
        socket.end(chunk);
        return;
      }
      socket.on('drain', pour);
      pour();
    });
  });
  const before = process.memoryUsage().rss;
  const slow = await dialPlain(local);
  slow.pause();
  slow.write('pour');
  let last = -1;
  await waitFor(() => {
    const isStill = sent > 0 && sent === last;
    last = sent;
    return isStill;
  }, 'the app to be slowed down');
  const other = await dialPlain(local);
  other.write('quick');
  assert.equal(await readUntil(other, 'quick'), 'quick');
  assert.ok(sent < ON_THE_WAY, `${sent} bytes were taken from the app though nobody read them`);
  assert.ok(process.memoryUsage().rss - before < 2 * ON_THE_WAY, 'memory stays bounded');
  let received = 0;
  slow.on('data', (chunk: Buffer) => (received += chunk.length));
  slow.resume();
  await within(once(slow, 'end'), 'the rest');
  assert.equal(received, size);
});

test('an app that is down is a reset to its callers, and its sidecar says so', async () => {
  await using home = await TestHome.create('db', 'web');
  await home.sidecar('db', { port: String(await freePort()), protocol: 'tcp' });
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=db`] });
  const socket = await dialPlain(local);
  const reset = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
  socket.resume();
  socket.write('hello?');
  assert.equal((await within(reset, 'the reset'))[0].code, 'ECONNRESET');
});

test('where one app is down, another instance takes the connection', async () => {
  await using home = await TestHome.create('db', 'web');
  await home.sidecar('db', { port: String(await freePort()), protocol: 'tcp' });
  const { local } = await forwarded(home, (socket) => socket.pipe(socket));
  for (let index = 0; index < 10; index += 1) {
    const socket = await dialPlain(local);
    socket.write('hello');
    assert.equal(await readUntil(socket, 'hello'), 'hello');
    socket.end();
  }
});

test('a sidecar that drains serves its open streams to their end', async () => {
  await using home = await TestHome.create('db', 'web');
  const { local, db } = await forwarded(home, (socket) => socket.pipe(socket));
  const socket = await dialPlain(local);
  socket.write('one');
  await readUntil(socket, 'one');
  let isDrained = false;
  const drained = db.sidecar.drain().then(() => (isDrained = true));
  socket.write('two');
  await readUntil(socket, 'two');
  assert.equal(isDrained, false);
  socket.end();
  await within(once(socket.resume(), 'end'), 'the end');
  await within(drained, 'the sidecar to be drained');
});
