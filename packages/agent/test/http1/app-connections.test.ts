import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import { AppConnections } from '../../src/http1/app-connections.ts';
import { HttpFault } from '../../src/http1/http-fault.ts';
import { readUntil } from '../raw.ts';
import { readStrictly } from '../strict-http.ts';
import { ask, POST, type Outcome } from './asking.ts';

test('requests of every kind get their answers from a Node server, over one connection', async (t) => {
  let connections = 0;
  const { pool, server } = await withHttp(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const { method, url, trailers } = request;
      response.setHeader('x-seen', JSON.stringify({ method, url, trailers, body: Buffer.concat(chunks).toString() }));
      if (url === '/204' || url === '/304') {
        response.writeHead(Number(url.slice(1))).end();
      } else if (url === '/chunks') {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('ab');
        response.addTrailers({ 'x-sum': '1' });
        response.end('cd');
      } else {
        response.end('cd');
      }
    });
  });
  server.on('connection', () => (connections += 1));
  const get = await ask(pool).outcome();
  assert.deepEqual([get.status, get.body, get.head?.reason], [200, 'cd', 'OK']);
  const chunks = await ask(pool, { path: '/chunks' }).outcome();
  assert.deepEqual([chunks.body, chunks.trailers], ['abcd', ['x-sum', '1']]);
  const head = await ask(pool, { method: 'HEAD' }).outcome();
  assert.deepEqual([head.status, head.body], [200, '']);
  for (const status of [204, 304]) assert.deepEqual((await ask(pool, { path: `/${status}` }).outcome()).status, status);

  const counted = ask(pool, { ...POST, framing: 6 });
  counted.exchange.write(Buffer.from('abc'));
  counted.exchange.write(Buffer.from('def'));
  counted.exchange.end();
  assert.match(seen(await counted.outcome()), /"body":"abcdef"/);
  const chunked = ask(pool, POST);
  chunked.exchange.write(Buffer.from('abc'));
  await new Promise(setImmediate);
  chunked.exchange.write(Buffer.alloc(20_000, 'd'));
  chunked.exchange.end(['x-sum', '2']);
  assert.match(seen(await chunked.outcome()), /"trailers":\{"x-sum":"2"\},"body":"abcd{20000}"/);
  assert.match(seen(await ask(pool, { ...POST, framing: 0 }).outcome()), /"method":"POST".*"body":""/);
  assert.equal(connections, 1);
  assert.equal(pool.idle, 1);
});

test('many exchanges at one time have a connection each, and leave some for later', async (t) => {
  const { pool, server } = await withHttp(t, (request, response) => response.end(request.url));
  let connections = 0;
  server.on('connection', () => (connections += 1));
  const paths = Array.from({ length: 50 }, (_, index) => `/${index}`);
  for (let round = 0; round < 3; round += 1) {
    const outcomes = await Promise.all(paths.map((path) => ask(pool, { path }).outcome()));
    assert.deepEqual(
      outcomes.map(({ body }) => body),
      paths,
    );
  }
  assert.equal(connections, 50);
  await waitFor(() => pool.idle === 0, 'unused connections to be closed');
});

test('an app of HTTP/1.0 is understood, and its connections are not kept', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'themis-http1-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'page.txt'), 'x'.repeat(100_000));
  const server = spawn('python3', ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', folder]);
  t.after(() => server.kill());
  const [line] = (await within(once(server.stdout, 'data'), 'the port of a server')) as [Buffer];
  const pool = poolAt(t, Number(/port (\d+)/.exec(line.toString())?.[1]));
  const page = await ask(pool, { path: '/page.txt' }).outcome();
  assert.deepEqual([page.status, page.head?.minor, page.body.length], [200, 0, 100_000]);
  assert.equal((await ask(pool, { path: '/none' }).outcome()).status, 404);
  assert.equal((await ask(pool, { method: 'HEAD', path: '/page.txt' }).outcome()).body, '');
  assert.equal(pool.idle, 0);
});

test('an answer without a length ends with its connection', async (t) => {
  const { pool } = await withRaw(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nabc'));
  });
  assert.equal((await ask(pool).outcome()).body, 'abc');
  assert.equal(pool.idle, 0);
});

test('answers before the answer are told', async (t) => {
  const { pool } = await withRaw(t, (socket) => {
    socket.on('data', (bytes: Buffer) => {
      if (bytes.toString().includes('expect'))
        socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      else socket.write(answer('done'));
    });
  });
  const asking = ask(pool, { ...POST, framing: 3, fields: ['host', 'a', 'expect', '100-continue'] });
  await new Promise(setImmediate);
  setTimeout(() => {
    asking.exchange.write(Buffer.from('abc'));
    asking.exchange.end();
  }, 50);
  const { interim, body } = await asking.outcome();
  assert.deepEqual([interim.map(({ status }) => status), body], [[100, 103], 'done']);
});

test('another protocol is handed over, with its first bytes', async (t) => {
  const { pool } = await withRaw(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nfirst');
      socket.pipe(socket);
    });
  });
  const { status, upgraded } = await ask(pool, {
    fields: ['host', 'a', 'upgrade', 'websocket', 'connection', 'upgrade'],
    upgrade: true,
  }).outcome();
  assert.deepEqual([status, upgraded?.first.toString()], [101, 'first']);
  const socket = upgraded?.socket ?? assert.fail();
  socket.write('bytes');
  await readUntil(socket, 'bytes');
  socket.destroy();
  assert.equal((await ask(pool).outcome()).failure?.is, 'malformed', 'a change that nobody asked for');
});

test('what comes on a kept connection without being asked ends it, and is not taken for an answer', async (t) => {
  const sockets: Socket[] = [];
  const { pool } = await withRaw(t, (socket) => {
    sockets.push(socket);
    socket.on('data', () => socket.write(answer(String(sockets.length))));
  });
  assert.equal((await ask(pool).outcome()).body, '1');
  sockets[0]?.write(answer('evil'));
  await waitFor(() => pool.idle === 0, 'the connection to be ended');
  assert.equal((await ask(pool).outcome()).body, '2');
});

test('what comes behind an answer ends the connection too', async (t) => {
  const { pool } = await withRaw(t, (socket) => {
    socket.on('data', () => socket.write(answer('well') + answer('evil')));
  });
  for (let index = 0; index < 3; index += 1) {
    assert.equal((await ask(pool).outcome()).body, 'well');
    assert.equal(pool.idle, 0);
  }
});

test('a request on a connection that the app closed in the meantime is sent again where that does no harm', async (t) => {
  let connections = 0;
  const { pool } = await withRaw(t, (socket) => {
    connections += 1;
    let count = 0;
    socket.on('data', () => {
      count += 1;
      if (count === 1) socket.write(answer('well'));
      else socket.resetAndDestroy();
    });
  });
  await ask(pool).outcome();
  assert.equal((await ask(pool).outcome()).body, 'well');
  assert.equal(connections, 2);
  assert.equal((await ask(pool, { ...POST, framing: 0 }).outcome()).failure?.is, 'broken-off', 'not a POST');
  await ask(pool).outcome();
  const put = ask(pool, { method: 'PUT', framing: 3 });
  put.exchange.write(Buffer.from('abc'));
  put.exchange.end();
  assert.equal((await put.outcome()).failure?.is, 'broken-off', 'not one with a body');
  assert.equal(connections, 3);
});

test('a request is sent again once only', async (t) => {
  let requests = 0;
  const { pool } = await withRaw(t, (socket) => {
    socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write(answer('well'));
      else socket.end();
    });
  });
  await ask(pool).outcome();
  assert.equal((await ask(pool).outcome()).failure?.is, 'broken-off');
  assert.equal(requests, 3);
});

test('what goes wrong has a name', async (t) => {
  const answers: Readonly<Record<string, readonly [string, string]>> = {
    nothing: ['', 'broken-off'],
    'half a head': ['HTTP/1.1 200 OK\r\nx-a', 'broken-off'],
    'half a body': ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc', 'broken-off'],
    'half the chunks': ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n', 'broken-off'],
    'no HTTP': ['SSH-2.0-OpenSSH\r\n\r\n', 'malformed'],
    'two lengths': ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\nhello', 'malformed'],
    'a folded line': ['HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\ncontent-length: 0\r\n\r\n', 'malformed'],
  };
  for (const [name, [bytes, is]] of Object.entries(answers)) {
    const { pool } = await withRaw(t, (socket) => {
      socket.once('data', () => socket.end(bytes));
    });
    assert.equal((await ask(pool).outcome()).failure?.is, is, name);
    assert.equal(pool.idle, 0);
  }
  const { server, pool } = await withRaw(t, () => undefined);
  server.close();
  await once(server, 'close');
  assert.equal((await ask(pool).outcome()).failure?.is, 'unreachable');
  assert.throws(() => ask(pool, { path: '/a b' }), HttpFault);
});

test('a body of another length than was said is broken off, and what the app has of it is no request', async (t) => {
  const seenBytes: Buffer[] = [];
  const { pool } = await withRaw(t, (socket) => {
    socket.on('data', (bytes: Buffer) => seenBytes.push(bytes));
  });
  const more = ask(pool, { ...POST, framing: 3 });
  more.exchange.write(Buffer.from('ab'));
  assert.equal(more.exchange.write(Buffer.from('cGET /evil HTTP/1.1\r\nhost: a\r\n\r\n')), false);
  assert.equal((await more.outcome()).failure?.is, 'miscounted');
  const less = ask(pool, { ...POST, framing: 3 });
  less.exchange.write(Buffer.from('ab'));
  less.exchange.end();
  assert.equal((await less.outcome()).failure?.is, 'miscounted');
  assert.deepEqual(readStrictly(Buffer.concat(seenBytes)), []);
});

test('an early answer is told at once, and the rest of the request decides whether the connection is kept', async (t) => {
  const { pool } = await withRaw(t, (socket) => {
    socket.once('data', () => socket.write(answer('no')));
    socket.resume();
  });
  const asking = ask(pool, POST);
  asking.exchange.write(Buffer.from('abc'));
  assert.equal((await asking.outcome()).body, 'no');
  assert.equal(pool.idle, 0, 'the request is not over');
  asking.exchange.write(Buffer.from('def'));
  asking.exchange.end();
  assert.equal(pool.idle, 1);
  const left = ask(pool, POST);
  left.exchange.abort();
  assert.equal(pool.idle, 0);

  const closing = await withRaw(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too much\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
  });
  const large = ask(closing.pool, POST);
  large.exchange.write(Buffer.from('abc'));
  assert.equal((await large.outcome()).status, 413);
  assert.equal(large.exchange.write(Buffer.alloc(1 << 20)), true, 'it goes nowhere');
  large.exchange.end();
  assert.equal(closing.pool.idle, 0);
});

test('an exchange that is called off ends at the app, and is not heard of any more', async (t) => {
  let closed = 0;
  const { pool } = await withRaw(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nabc'));
    socket.once('close', () => (closed += 1));
  });
  const asking = ask(pool);
  await asking.head();
  asking.exchange.abort();
  await waitFor(() => closed === 1, 'the app to see it');
  assert.equal(asking.isTold(), false);
  assert.equal(asking.exchange.write(Buffer.from('x')), true);
});

test('a reader that pauses holds back the app, and an app that does not read holds back the writer', async (t) => {
  let written = 0;
  const { pool } = await withRaw(t, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${1 << 24}\r\n\r\n`);
      const more = (): void => {
        while (written < 1 << 24) {
          written += 1 << 16;
          if (!socket.write(Buffer.alloc(1 << 16))) return;
        }
      };
      socket.on('drain', more);
      more();
    });
  });
  const asking = ask(pool, {}, (exchange) => exchange.pause());
  await asking.head();
  let before = -1;
  await waitFor(() => {
    const isSame = before === written;
    before = written;
    return isSame && written > 0;
  }, 'the app to be held back');
  assert.ok(written < 1 << 24, `${written} bytes were written`);
  const going = setInterval(() => asking.exchange.resume(), 0);
  const { body } = await asking.outcome();
  clearInterval(going);
  assert.equal(body.length, 1 << 24);

  let far: Socket | undefined;
  const slow = await withRaw(t, (socket) => {
    far = socket.pause();
  });
  const upload = ask(slow.pool, { ...POST, framing: 1 << 24 });
  let sent = 0;
  while (sent < 1 << 24 && upload.exchange.write(Buffer.alloc(1 << 16))) sent += 1 << 16;
  assert.ok(sent < 1 << 24, 'it was held back');
  sent += 1 << 16;
  await waitFor(() => far, 'the connection');
  far?.resume();
  while (sent < 1 << 24) {
    const room = upload.writable();
    if (!upload.exchange.write(Buffer.alloc(1 << 16))) await within(room, 'room to write');
    sent += 1 << 16;
  }
  upload.exchange.end();
  far?.write(answer('all'));
  assert.equal((await upload.outcome()).body, 'all');
});

test('an app on a unix socket is asked the same way, and one that moved is asked where it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'themis-http1-'));
  t.after(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, 'app.sock');
  const unix = createServer((_, response) => response.end('unix'));
  unix.listen(socketPath);
  await once(unix, 'listening');
  t.after(() => unix.close());
  const { server } = await withHttp(t, (_, response) => response.end('port'));
  const places = [{ socketPath }, { host: '127.0.0.1', port: (server.address() as AddressInfo).port }] as const;
  let place: (typeof places)[number] = places[0];
  const pool = new AppConnections(() => place);
  t.after(() => pool.close());
  assert.equal((await ask(pool).outcome()).body, 'unix');
  [, place] = places;
  assert.equal((await ask(pool).outcome()).body, 'port');
  pool.close();
  assert.equal(pool.idle, 0);
  assert.equal((await ask(pool).outcome()).body, 'port');
  assert.equal(pool.idle, 0, 'nothing is kept any more');
});

function answer(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function seen({ head }: Outcome): string {
  const { fields = [] } = head ?? {};
  return fields[fields.indexOf('x-seen') + 1] ?? '';
}

function poolAt(t: TestContext, port: number): AppConnections {
  const place = { host: '127.0.0.1', port };
  const pool = new AppConnections(() => place);
  t.after(() => pool.close());
  return pool;
}

async function withHttp(
  t: TestContext,
  listener: RequestListener,
): Promise<{ readonly pool: AppConnections; readonly server: Server }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { pool: poolAt(t, (server.address() as AddressInfo).port), server };
}

async function withRaw(
  t: TestContext,
  onConnection: (socket: Socket) => void,
): Promise<{ readonly pool: AppConnections; readonly server: Server }> {
  const open = new Set<Socket>();
  const server = createNetServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { pool: poolAt(t, (server.address() as AddressInfo).port), server };
}
