import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Metrics } from '@themis-mesh/telemetry';
import { waitFor, within } from '@themis-mesh/testkit';
import { Guards } from '../src/tcp/guards.ts';
import { dialPlain, readUntil } from './raw.ts';

/** Longer than a busy machine lets a process wait for its turn. */
const STALL_SECONDS = 0.6;

suite('plain callers who stand still', () => {
  test('a body that is not sent on is ended, and its request with it', async () => {
    let isAborted = false;
    await using guarded = await serve((request) => {
      request.resume();
      request.once('close', () => (isAborted = !request.complete));
    });
    const socket = await guarded.dial();
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
    await within(closed(socket), 'the connection to be ended');
    await waitFor(() => isAborted, 'the request to be over');
  });

  test('an answer that is not read is ended', async () => {
    let isClosed = false;
    await using guarded = await serve((_, response) => {
      response.once('close', () => (isClosed = true));
      const more = (): void => {
        while (!isClosed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const socket = await guarded.dial();
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await waitFor(() => isClosed, 'the answer to be ended');
  });

  test('who sends and reads slowly, but on and on, is not ended', async () => {
    await using guarded = await serve((request, response) => request.pipe(response));
    const socket = await guarded.dial();
    const bytes = 20;
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\nconnection: close\r\n\r\n`);
    for (let sent = 0; sent < bytes; sent += 1) {
      socket.write('x');
      await delay((STALL_SECONDS * 1000) / 12);
    }
    assert.match(await readUntil(socket, 'x\r\n0\r\n\r\n'), /^HTTP\/1\.1 200 /);
  });

  test('who waits for an answer, or asks nothing more for a while, is not ended', async () => {
    const slow = STALL_SECONDS * 2000;
    await using guarded = await serve((request, response) => {
      request.resume();
      request.once('end', () => setTimeout(() => response.end('late'), slow));
    });
    const socket = await guarded.dial();
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx');
    assert.match(await readUntil(socket, 'late'), /^HTTP\/1\.1 200 /);
    await delay(slow);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    assert.match(await readUntil(socket, 'late'), /^HTTP\/1\.1 200 /);
  });

  test('a body that we do not read yet is no fault of its sender', async () => {
    const slow = STALL_SECONDS * 2000;
    await using guarded = await serve((request, response) => {
      setTimeout(() => {
        request.resume();
        response.end('well');
      }, slow);
    });
    const socket = await guarded.dial();
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nab');
    assert.match(await readUntil(socket, 'well'), /^HTTP\/1\.1 200 /);
  });

  test('a tunnel may pause', async () => {
    await using guarded = await serve(() => undefined);
    guarded.server.on('connect', (_: unknown, socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(socket);
    });
    const socket = await guarded.dial();
    socket.write('CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n');
    await readUntil(socket, '\r\n\r\n');
    await delay(STALL_SECONDS * 2000);
    socket.write('still here');
    await readUntil(socket, 'still here');
  });
});

test('no more connections than there may be, those beyond are counted, and one that ends makes room', async () => {
  const metrics = new Metrics();
  const server = createServer((socket) => socket.on('error', () => undefined).write('hello'));
  new Guards(metrics, { maxConnections: 3, stallSeconds: 30 }).bytes(server, 'forward');
  await using guarded = await Guarded.listen(server);
  const sockets = await Promise.all([1, 2, 3].map(() => guarded.dial()));
  await Promise.all(sockets.map((socket) => readUntil(socket, 'hello')));
  for (let more = 0; more < 5; more += 1) await within(closed(await guarded.dial()), 'a connection too many to be closed');
  assert.match(metrics.text(), /^themis_local_connections_dropped_total\{port="forward"\} 5$/m);
  assert.match(metrics.text(), /^themis_local_connections_open\{port="forward"\} 3$/m);
  sockets[0]?.destroy();
  await waitFor(() => metrics.text().includes('themis_local_connections_open{port="forward"} 2'), 'room');
  await readUntil(await guarded.dial(), 'hello');
});

class Guarded implements AsyncDisposable {
  readonly server: Server;
  readonly #dialled: Socket[] = [];
  readonly #taken: Socket[] = [];

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket: Socket) => this.#taken.push(socket));
  }

  static async listen(server: Server): Promise<Guarded> {
    const guarded = new Guarded(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return guarded;
  }

  async dial(): Promise<Socket> {
    const socket = await dialPlain((this.server.address() as AddressInfo).port);
    socket.on('error', () => undefined);
    this.#dialled.push(socket);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [...this.#dialled, ...this.#taken]) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function serve(listener: RequestListener): Promise<Guarded> {
  const server = createHttpServer(listener);
  new Guards(new Metrics(), { maxConnections: 100, stallSeconds: STALL_SECONDS }).http(server, 'ingress');
  return Guarded.listen(server);
}

/** Resolves when the other side has ended the connection, in whichever way. */
function closed(socket: Socket): Promise<unknown> {
  socket.resume();
  if (socket.closed || socket.readableEnded) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
}
