import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { waitFor } from '@themis-mesh/testkit';
import { listenPlain } from '../raw.ts';
import { stands } from '../stands.ts';
import { readStrictly, valuesIn, type StrictRequest } from '../strict-http.ts';
import { TestHome } from '../test-home.ts';
import { ended, rawTunnel, type Opened } from './raw-tunnel.ts';

type Open = Awaited<ReturnType<typeof rawTunnel>>;

const WELL = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell';

/** An app that writes what it is given, and remembers what it read. */
async function rawApp(
  home: TestHome,
  onConnection: (socket: Socket) => void = (socket) => socket.on('data', () => socket.write(WELL)),
): Promise<{ readonly open: Open; readonly requests: () => StrictRequest[]; readonly connections: () => number }> {
  const received: Buffer[][] = [];
  const port = await listenPlain(home, (socket) => {
    const chunks: Buffer[] = [];
    received.push(chunks);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    onConnection(socket);
  });
  const { ports } = await home.sidecar('orders', { port: String(port) });
  return {
    open: await rawTunnel(home, 'web', ports.mesh.port),
    requests: () => received.flatMap((chunks) => readStrictly(Buffer.concat(chunks))),
    connections: () => received.length,
  };
}

async function nodeApp(home: TestHome, listener: RequestListener): Promise<Open> {
  const { ports } = await home.sidecar('orders', { port: String(await home.serve(listener)) });
  return rawTunnel(home, 'web', ports.mesh.port);
}

test('a request from a tunnel reaches the app with the identity of its caller, and nothing else of it', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { open, requests } = await rawApp(home);
  const spoofed = ['x-themis-caller', 'x_themis_caller', 'x-forwarded-client-cert', 'x.forwarded.client.cert', 'x~themis~caller'];
  const block = `GET\n/a%20b?c\nhost\norders\nx-kept\n1\nproxy-authorization\nx${spoofed.map((name) => `\n${name}\nadmin`).join('')}`;
  assert.equal((await ended(open(block))).body, 'well');
  const [request] = requests();
  assert.ok(request !== undefined);
  assert.equal(request.target, '/a%20b?c');
  assert.deepEqual(valuesIn(request, 'x-themis-caller'), ['web']);
  assert.match(valuesIn(request, 'x-forwarded-client-cert').join(), /^By=spiffe:[^,]*$/);
  const names = request.fields.map(([name]) => name).sort();
  assert.deepEqual(names, ['host', 'x-forwarded-client-cert', 'x-kept', 'x-themis-caller']);
});

test('what could be read in two ways does not reach the app', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { open, requests } = await rawApp(home);
  const good = 'GET\n/\nhost\norders';
  const bad = [
    'EVIL\n/\nhost\norders',
    'get\n/\nhost\norders',
    'CONNECT\n/\nhost\norders',
    'GET\n*\nhost\norders',
    'GET\nhttp://other/\nhost\norders',
    'GET\n/a#b\nhost\norders',
    'GET\n/a\\b\nhost\norders',
    'GET\n/a b\nhost\norders',
    'GET\n/\xe4\nhost\norders',
    'GET\n/',
    `${good}\nhost\norders`,
    'GET\n/\nhost\norders/b',
    'GET\n/\nhost\na, b',
    'GET\n/\nhost\nme@orders',
    `${good}\ntransfer-encoding\nchunked`,
    `${good}\nconnection\nclose`,
    `${good}\nupgrade\nwebsocket`,
    `${good}\ncontent_length\n3`,
    `${good}\ntransfer_encoding\nchunked`,
    `${good}\ncontent-length\n3\ncontent-length\n3`,
    `${good}\ncontent-length\n+3`,
    `${good}\nX-A\nb`,
    `${good}\nx a\nb`,
    `${good}\n\nb`,
    `${good}\nx-a`,
    `${good}\nx-a\nb\r`,
    `${good}\nx-a\nb\0`,
    `${good}\nexpect\nthe-unexpected`,
    `${good}${'\nx-a\nb'.repeat(200)}`,
  ];
  for (const block of bad) {
    const { heads, reset } = await ended(open(block));
    assert.ok(
      reset?.code === 'malformed' || /^(?:4\d\d|501)(?:\n| )/.test(heads[0] ?? ''),
      JSON.stringify([block.slice(0, 60), heads, reset]),
    );
  }
  assert.equal((await ended(open(good))).body, 'well');
  assert.equal(requests().length, 1);
});

test('a body is as long as its head says, or no request', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { open, requests } = await rawApp(home, () => undefined);
  const head = 'POST\n/\nhost\norders\ncontent-length\n3';
  const more = open(head, false);
  more.stream.write(Buffer.from('abcGET /evil HTTP/1.1\r\nhost: a\r\n\r\n'));
  assert.equal((await ended(more)).reset?.code, 'malformed');
  const nothing = open('POST\n/\nhost\norders\ncontent-length\n0', false);
  nothing.stream.write(Buffer.from('GET /evil HTTP/1.1\r\nhost: a\r\n\r\n'));
  assert.equal((await ended(nothing)).reset?.code, 'malformed');
  const less = open(head, false);
  less.stream.write(Buffer.from('ab'));
  less.stream.end();
  assert.equal((await ended(less)).reset?.code, 'malformed');
  assert.deepEqual(
    requests().filter(({ target }) => target !== '/'),
    [],
  );
});

test('bodies and trailers stream both ways at once', async () => {
  await using home = await TestHome.create('orders', 'web');
  const open = await nodeApp(home, (request, response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    request.on('data', (chunk: Buffer) => response.write(chunk));
    request.on('end', () => {
      response.addTrailers({ 'x-sum': JSON.stringify(request.trailers), 'x-themis-verdict': 'spoofed', 'content-type': 'x/y' });
      response.end();
    });
  });
  const echo = open('POST\n/\nhost\norders\nte\ntrailers', false);
  echo.stream.write(Buffer.from('ping'));
  await waitFor(() => echo.heard.chunks.length > 0, 'the echo');
  echo.stream.write(Buffer.alloc(200_000, 'x'));
  echo.stream.head('x-tail\nyes\nx-themis-caller\nspoofed\nhost\nspoofed\nauthorization\nspoofed', true);
  const { body, heads, isEnded } = await ended(echo);
  assert.equal(body, `ping${'x'.repeat(200_000)}`);
  assert.ok(isEnded);
  assert.match(heads[0] ?? '', /^200\n/);
  assert.equal(heads[1], 'x-sum\n{"x-tail":"yes"}');
  const bad = open('POST\n/\nhost\norders', false);
  bad.stream.head('content_length\n3', true);
  assert.equal((await ended(bad)).reset?.code, 'malformed');
});

test('what an app says before its answer is told, as far as it has a meaning', async () => {
  await using home = await TestHome.create('orders', 'web');
  const interim =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\nx-themis-caller: spoofed\r\n\r\n';
  const { open } = await rawApp(home, (socket) => {
    socket.once('data', () => socket.write(`${interim}HTTP/1.1 199 Huh\r\n\r\n${WELL}`));
  });
  const { heads, body } = await ended(open('PUT\n/\nhost\norders\nexpect\n100-continue\ncontent-length\n0', false));
  assert.deepEqual(heads, ['100', '103\nlink\n</a>; rel=preload', '200\ncontent-length\n4']);
  assert.equal(body, 'well');
});

test('answers without a body stay without one', async () => {
  await using home = await TestHome.create('orders', 'web');
  const open = await nodeApp(home, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), {
      date: 'x',
      ...(request.method === 'HEAD' ? { 'content-length': '12' } : {}),
    });
    response.end();
  });
  const head = await ended(open('HEAD\n/200\nhost\norders'));
  assert.deepEqual([head.heads, head.body], [['200\ndate\nx\ncontent-length\n12'], '']);
  for (const status of ['204', '304'])
    assert.deepEqual((await ended(open(`GET\n/${status}\nhost\norders`))).heads, [`${status}\ndate\nx`]);
});

test('a slow reader holds back the app, and a slow app holds back the caller', async () => {
  await using home = await TestHome.create('orders', 'web');
  const size = 32 * 1024 * 1024;
  let written = 0;
  let isReading = false;
  const open = await nodeApp(home, (request, response) => {
    if (request.method === 'POST') {
      request.pause();
      void waitFor(() => isReading).then(() => request.resume().on('end', () => response.end('all')));
      return;
    }
    response.setHeader('content-length', size);
    const more = (): void => {
      while (written < size) {
        written += 65_536;
        if (!response.write(Buffer.alloc(65_536))) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  });
  const slow = open('GET\n/\nhost\norders', true, false);
  await stands(() => written);
  assert.ok(written < size / 2, `the app wrote ${written}`);
  const given = (): number => slow.heard.chunks.reduce((sum, { length }) => sum + length, 0);
  let taken = 0;
  await waitFor(() => {
    const now = given();
    slow.stream.consumed(now - taken);
    taken = now;
    return slow.heard.isEnded;
  }, 'the rest');
  assert.equal(given(), size);

  const upload = open(`POST\n/\nhost\norders\ncontent-length\n${size}`, false);
  let sent = 0;
  while (sent < size && upload.stream.write(Buffer.alloc(65_536))) sent += 65_536;
  assert.ok(sent < size / 2, `the sidecar took ${sent}`);
  isReading = true;
  // What waits is sent as there is credit.
  for (sent += 65_536; sent < size; sent += 65_536) upload.stream.write(Buffer.alloc(65_536));
  upload.stream.end();
  assert.equal((await ended(upload)).body, 'all');
});

test('a caller that goes away takes its request to the app with it, and an app that goes away tells the caller', async () => {
  await using home = await TestHome.create('orders', 'web');
  let closed = 0;
  const { open, connections } = await rawApp(home, (socket) => {
    socket.once('end', () => (closed += 1));
    socket.once('data', (data: Buffer) => {
      if (String(data).startsWith('GET /half')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
      if (String(data).startsWith('GET /none')) socket.end();
      if (String(data).startsWith('GET /bad'))
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx');
    });
  });
  const gone = open('POST\n/\nhost\norders\ncontent-length\n10', false);
  gone.stream.write(Buffer.from('12345'));
  await waitFor(() => connections() === 1);
  gone.stream.reset('cancelled');
  await waitFor(() => closed === 1, 'the app to hear of it');
  const half = await ended(open('GET\n/half\nhost\norders'));
  assert.deepEqual([half.heads[0], half.body, half.reset?.code], ['200\ncontent-length\n10', '12345', 'broken']);
  for (const path of ['/none', '/bad']) {
    const none = await ended(open(`GET\n${path}\nhost\norders`));
    assert.match(none.heads[0] ?? '', /^502\n/);
    assert.match(none.body, /THEMIS_APP_BROKE_OFF/);
    assert.doesNotMatch(none.body, /127\.0\.0\.1/);
  }
});

test('an early answer goes back at once, and what still comes of its request does no harm', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { open, connections } = await rawApp(home, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too much\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno'));
  });
  const early: Opened = open('POST\n/\nhost\norders\ncontent-length\n1000000', false);
  early.stream.write(Buffer.from('a'));
  const { heads, body } = await ended(early);
  assert.deepEqual([heads[0]?.slice(0, 3), body], ['413', 'no']);
  for (let index = 0; index < 10; index += 1) early.stream.write(Buffer.alloc(60_000));
  early.stream.reset('cancelled');
  const next = open('GET\n/\nhost\norders');
  assert.equal((await ended(next)).body, 'no');
  assert.equal(connections(), 2);
});

test('an app that is not there is 503, and its callers are not held', async () => {
  await using home = await TestHome.create('orders', 'web');
  const server = createServer((_, response) => response.end());
  const { ports } = await home.sidecar('orders', { port: String(await home.listen(server)) });
  server.close();
  const open = await rawTunnel(home, 'web', ports.mesh.port);
  const upload = open('POST\n/\nhost\norders', false);
  for (let index = 0; index < 10; index += 1) upload.stream.write(Buffer.alloc(60_000));
  const { heads, body } = await ended(upload);
  assert.match(heads[0] ?? '', /^503\n/);
  assert.match(body, /THEMIS_NOT_READY/);
});
