import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { freePort } from '@themis-mesh/testkit';
import { splice } from '../src/tcp/splice.ts';
import { dialPlain, listenPlain, readAll, readUntil } from './raw.ts';
import { TestHome } from './test-home.ts';

/** A raw service, and a port of loopback that leads to it from another one. */
async function forwarded(home: TestHome, onConnection: Parameters<typeof listenPlain>[1]) {
  const port = await listenPlain(home, onConnection);
  await home.sidecar('db', { port: String(port), protocol: 'tcp' });
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=db`] });
  return local;
}

test('bytes go through a forward and come back', async () => {
  await using home = await TestHome.create('db', 'web');
  const port = await forwarded(home, (socket) => socket.pipe(socket));
  const socket = await dialPlain(port);
  socket.write('ping');
  await readUntil(socket, 'ping');
  socket.end();
  await once(socket, 'close');
});

test('the end of one direction leaves the other open', async () => {
  await using home = await TestHome.create('db', 'web');
  const port = await forwarded(home, (socket) => {
    // Answers only when all was said, and at length.
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => socket.end(Buffer.concat([Buffer.concat(chunks), Buffer.alloc(5_000_000, 'x')])));
  });
  const socket = await dialPlain(port);
  socket.end('question');
  const answer = await readAll(socket);
  assert.equal(answer.length, 5_000_008);
  assert.equal(answer.toString('latin1', 0, 9), 'questionx');
});

test('a server may end first', async () => {
  await using home = await TestHome.create('db', 'web');
  const received = Promise.withResolvers<string>();
  const port = await forwarded(home, (socket) => {
    socket.end('bye');
    void readAll(socket).then((bytes) => received.resolve(bytes.toString()));
  });
  const socket = await dialPlain(port);
  assert.equal((await readAll(socket)).toString(), 'bye');
  socket.end('still here');
  assert.equal(await received.promise, 'still here');
});

test('a connection that breaks off on one side breaks off on the other', async () => {
  await using home = await TestHome.create();
  const far = await listenPlain(home, (socket) => {
    socket.write('part', () => setTimeout(() => socket.resetAndDestroy(), 20));
  });
  const port = await listenPlain(home, (socket) => {
    void dialPlain(far).then((other) => splice(socket, other));
  });
  const socket = await dialPlain(port);
  let ended = false;
  socket.on('end', () => (ended = true));
  socket.resume();
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
  assert.equal(ended, false);
});

test('neither side is kept open for one that broke off, across the mesh', async () => {
  await using home = await TestHome.create('db', 'web');
  const broken = Promise.withResolvers<undefined>();
  const port = await forwarded(home, (socket) => {
    socket.write('hello');
    socket.resume();
    // As programs do: who says no more wants no more.
    socket.on('end', () => socket.end());
    socket.on('close', () => broken.resolve(undefined));
  });
  const socket = await dialPlain(port);
  await readUntil(socket, 'hello');
  socket.resetAndDestroy();
  await broken.promise;
});

test('large transfers arrive whole in both directions', async () => {
  await using home = await TestHome.create('db', 'web');
  const port = await forwarded(home, (socket) => socket.pipe(socket));
  const socket = await dialPlain(port);
  const sent = Buffer.alloc(20_000_000, 'abcdefg');
  const back = readAll(socket);
  socket.end(sent);
  assert.ok((await back).equals(sent));
});

test('a forward to nowhere resets its callers', async () => {
  await using home = await TestHome.create('db', 'web');
  const local = await freePort();
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${local}=db`] });
  const socket = await dialPlain(local);
  socket.resume();
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});

test('a service of raw bytes whose app is gone lets nobody wait', async () => {
  await using home = await TestHome.create('db', 'web');
  const port = await freePort();
  await home.sidecar('db', { port: String(port), protocol: 'tcp' });
  const web = await home.join('web');
  const stream = await web.connect('db');
  assert.equal((await readAll(stream)).length, 0);
});
