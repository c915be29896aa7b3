import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import type { MeshRequest } from '@themis-mesh/mesh';
import { waitFor } from '@themis-mesh/testkit';
import { dialPlain, listenPlain, readAll, readUntil } from './raw.ts';
import { stands } from './stands.ts';
import { readStrictly, valuesIn } from './strict-http.ts';
import { serviceName, TestHome } from './test-home.ts';

const ORDERS = serviceName('orders');

/** An app behind a sidecar, and somebody who calls it. */
async function appBehind(home: TestHome, app: Parameters<TestHome['serve']>[0]) {
  const port = await home.serve(app);
  const orders = await home.sidecar('orders', { port: String(port) });
  const web = await home.join('web');
  const get = (path: string, more: Partial<MeshRequest> = {}) =>
    web.send({ service: ORDERS, method: 'GET', path, headers: [], ...more });
  return { ...orders, web, get };
}

async function bodyOf(message: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a request from the mesh reaches the app, and the app is told who calls', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { mesh, web } = await appBehind(home, (request, response) => {
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  const answer = await web.fetch('http://orders/a%20b?c=%2F', { headers: { accept: 'x/y' } });
  assert.equal(answer.status, 200);
  const seen = (await answer.json()) as { url: string; headers: Record<string, string> };
  assert.equal(seen.url, '/a%20b?c=%2F');
  assert.equal(seen.headers['x-themis-caller'], 'web');
  assert.equal(seen.headers['host'], 'orders');
  assert.equal(seen.headers['accept'], 'x/y');
  const expected = new RegExp(`^By=spiffe://${mesh.id};Hash=[0-9a-f]{64};URI=${web.spiffeId}$`);
  assert.match(seen.headers['x-forwarded-client-cert'] ?? '', expected);
});

test('whatever a caller says of identity is taken out, however it is spelled', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { get } = await appBehind(home, (request, response) => {
    request.resume();
    request.on('end', () => response.end(JSON.stringify([request.rawHeaders, request.rawTrailers])));
  });
  const spellings = [
    'x-forwarded-client-cert',
    'X-Forwarded-Client-Cert',
    'X_FORWARDED_CLIENT_CERT',
    'x_forwarded-client_cert',
    'x.forwarded.client.cert',
    'X-FORWARDED-CLIENT-CERT-CHAIN',
    'x-themis-caller',
    'X-Themis-Caller',
    'X_Themis_Caller',
    'x~themis~caller',
    'x-themis',
    'x-themis-anything',
  ];
  for (const connection of [
    'x-forwarded-client-cert',
    'X-Themis-Caller, close',
    'x-forwarded-client-cert, x-themis-caller',
    undefined,
  ]) {
    const spoofed = spellings.flatMap((name) => [name, 'spoofed']);
    const { message } = await get('/', {
      headers: [...spoofed, ...(connection === undefined ? [] : ['connection', connection])],
    });
    const [seen] = JSON.parse(await bodyOf(message)) as [string[]];
    assert.ok(!seen.includes('spoofed'), seen.join('\n'));
    assert.equal(seen.filter((text) => text === 'x-forwarded-client-cert').length, 1);
    assert.equal(seen[seen.indexOf('x-themis-caller') + 1], 'web');
  }
});

test('identity in trailers is taken out, and other trailers are passed on both ways', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { ports } = await appBehind(home, (request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { trailer: 'x-sum, x-themis-verdict' });
      response.write(JSON.stringify(request.rawTrailers));
      response.addTrailers({ 'x-sum': '5', 'x-themis-verdict': 'spoofed', 'content-type': 'x/y' });
      response.end();
    });
  });
  const { socket } = await home.channel('web', ports.mesh.port);
  socket.write('POST / HTTP/1.1\r\nhost: orders\r\ntransfer-encoding: chunked\r\nte: trailers\r\nconnection: te\r\n\r\n');
  socket.write(
    '3\r\nabc\r\n0\r\nx-tail: yes\r\nX-Themis-Caller: spoofed\r\nx_forwarded_client_cert: spoofed\r\nhost: spoofed\r\n',
  );
  socket.write('authorization: spoofed\r\n\r\n');
  const answer = await readUntil(socket, '\r\n0\r\n');
  assert.match(answer, /\["x-tail","yes"\]/);
  assert.match(answer, /\r\n0\r\nx-sum: 5\r\n\r\n$/);
  assert.doesNotMatch(answer, /spoofed/);
  socket.destroy();
});

test('fields between neighbours are not passed on, in either direction', async () => {
  await using home = await TestHome.create('orders', 'web');
  let seen: IncomingHttpHeaders = {};
  const { get } = await appBehind(home, (request, response) => {
    seen = request.headers;
    response.writeHead(200, { connection: 'x-private', 'x-private': '1', 'proxy-authenticate': 'Basic', 'x-kept': '1', te: 'x' });
    response.end();
  });
  const headers = [
    'connection',
    'X-Secret , keep-alive',
    'x-secret',
    '1',
    'keep-alive',
    'timeout=9',
    'proxy-authorization',
    'Basic x',
  ];
  const { message } = await get('/', { headers: [...headers, 'proxy-connection', 'close', 'te', 'gzip', 'x-kept', '1'] });
  message.resume();
  for (const name of ['x-secret', 'proxy-authorization', 'proxy-connection', 'te', 'upgrade'])
    assert.equal(seen[name], undefined, name);
  assert.equal(seen['x-kept'], '1');
  assert.equal(message.headers['x-private'], undefined);
  assert.equal(message.headers['proxy-authenticate'], undefined);
  assert.equal(message.headers['te'], undefined);
  assert.equal(message.headers['x-kept'], '1');
});

test('bodies stream both ways at once', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { ports } = await appBehind(home, (request, response) => {
    request.pipe(response);
  });
  const { socket } = await home.channel('web', ports.mesh.port);
  socket.write('POST / HTTP/1.1\r\nhost: orders\r\ntransfer-encoding: chunked\r\n\r\n4\r\nping\r\n');
  await readUntil(socket, 'ping');
  socket.write('4\r\npong\r\n');
  await readUntil(socket, 'pong');
  socket.write('0\r\n\r\n');
  await readUntil(socket, '0\r\n\r\n');
  socket.destroy();
});

test('a slow reader holds back the app, and a slow app holds back the caller', async () => {
  await using home = await TestHome.create('orders', 'web');
  const size = 64 * 1024 * 1024;
  let written = 0;
  const { ports, get } = await appBehind(home, (request, response) => {
    if (request.method === 'POST') return; // never read
    const more = (): void => {
      while (written < size && response.write(Buffer.alloc(65_536))) written += 65_536;
    };
    response.on('drain', more);
    more();
  });
  const { message } = await get('/');
  message.pause();
  await stands(() => written);
  assert.ok(written < size / 2, `the app wrote ${written}`);
  message.destroy();

  const { socket } = await home.channel('web', ports.mesh.port);
  socket.write(`POST / HTTP/1.1\r\nhost: orders\r\ncontent-length: ${size}\r\n\r\n`);
  let sent = 0;
  const more = (): void => {
    while (sent < size && socket.write(Buffer.alloc(65_536))) sent += 65_536;
  };
  socket.on('drain', more);
  more();
  await stands(() => sent);
  assert.ok(sent < size / 2, `the sidecar took ${sent}`);
  socket.destroy();
});

test('a caller that waits for 100 Continue hears it from the app, and early hints too', async () => {
  await using home = await TestHome.create('orders', 'web');
  const server = createServer();
  server.on('checkContinue', (request, response) => {
    if (request.url === '/no') {
      response.writeHead(417).end();
      return;
    }
    response.writeContinue();
    response.writeEarlyHints({ link: '</a.css>; rel=preload', 'x-themis-caller': 'spoofed' });
    request.pipe(response);
  });
  const port = await home.listen(server);
  const { ports } = await home.sidecar('orders', { port: String(port) });
  const { socket } = await home.channel('web', ports.mesh.port);
  socket.write('PUT / HTTP/1.1\r\nhost: orders\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
  const interim = await readUntil(socket, 'preload');
  assert.match(interim, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>/);
  assert.doesNotMatch(interim, /spoofed/);
  socket.write('ok');
  await readUntil(socket, 'ok');
  socket.destroy();

  const { socket: refused } = await home.channel('web', ports.mesh.port);
  refused.write('PUT /no HTTP/1.1\r\nhost: orders\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n');
  assert.match(await readUntil(refused, '\r\n\r\n'), /^HTTP\/1.1 417 /);
  refused.destroy();
});

test('answers without a body stay without one', async () => {
  await using home = await TestHome.create('orders', 'web');
  const { get } = await appBehind(home, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), request.method === 'HEAD' ? { 'content-length': '12' } : {});
    response.end();
  });
  const { message: head } = await get('/200', { method: 'HEAD' });
  assert.equal(head.headers['content-length'], '12');
  assert.equal(await bodyOf(head), '');
  for (const status of [204, 304]) {
    const { message } = await get(`/${status}`);
    assert.equal(message.statusCode, status);
    assert.equal(await bodyOf(message), '');
  }
});

test('an app that breaks off before its answer is 502; later its answer breaks off', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await listenPlain(home, (socket) => {
    socket.once('data', (data) => {
      if (String(data).startsWith('POST /half')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345');
      else socket.resetAndDestroy();
    });
  });
  await home.sidecar('orders', { port: String(port) });
  const web = await home.join('web');
  const post = (path: string) => web.send({ service: ORDERS, method: 'POST', path, headers: ['content-length', '0'] });
  const { message: none } = await post('/none');
  assert.equal(none.statusCode, 502);
  const told = JSON.parse(await bodyOf(none)) as { error: string; message: string };
  assert.equal(told.error, 'THEMIS_APP_BROKE_OFF');
  assert.doesNotMatch(told.message, /127\.0\.0\.1|:\d{4}/);

  const { message: half } = await post('/half');
  assert.equal(half.statusCode, 200);
  await assert.rejects(bodyOf(half));
});

test('an app that is not there is 503: the request was not carried out', async () => {
  await using home = await TestHome.create('orders', 'web');
  const server = createServer((_, response) => response.end());
  const { sidecar } = await home.sidecar('orders', { port: String(await home.listen(server)) });
  server.close();
  const web = await home.join('web');
  const answer = await web.fetch('http://orders/', { method: 'POST' });
  assert.equal(answer.status, 503);
  assert.equal(((await answer.json()) as { error: string }).error, 'THEMIS_NOT_READY');
  assert.equal(sidecar.state, 'ready');
});

test('connections to the app are kept, and what callers say of each other never mixes', async () => {
  await using home = await TestHome.create('orders', 'web', 'jobs');
  let connections = 0;
  const server = createServer((request, response) => {
    response.end(`${String(request.headers['x-themis-caller'])} ${request.url}`);
  });
  server.on('connection', () => (connections += 1));
  await home.sidecar('orders', { port: String(await home.listen(server)) });
  const callers = [await home.join('web'), await home.join('jobs')];
  const calls = Array.from({ length: 200 }, async (_, index) => {
    const caller = callers[index % 2];
    const answer = await caller?.fetch(`http://orders/${index}`);
    assert.equal(await answer?.text(), `${caller?.name} /${index}`);
  });
  for (const call of calls) await call;
  for (let index = 0; index < 50; index += 1) await (await callers[0]?.fetch('http://orders/'))?.text();
  assert.ok(connections < 210, `${connections} connections for 250 requests`);
});

test('what an app sends without being asked is not taken for the answer of the next request', async () => {
  await using home = await TestHome.create('orders', 'web');
  const answerTo = (text: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  let poisoned = 0;
  const port = await listenPlain(home, (socket) => {
    socket.on('data', (data) => {
      const path = /^GET (\S+)/.exec(String(data))?.[1] ?? '';
      if (path === '/at-once') socket.write(answerTo(path) + answerTo('poison'));
      else socket.write(answerTo(path));
      setTimeout(() => socket.write(answerTo('poison'), () => (poisoned += 1)), 5);
    });
  });
  await home.sidecar('orders', { port: String(port) });
  const web = await home.join('web');
  for (let index = 0; index < 12; index += 1) {
    const path = index % 3 === 0 ? '/at-once' : `/${index}`;
    assert.equal(await (await web.fetch(`http://orders${path}`)).text(), path);
    await waitFor(() => poisoned > index, 'the poison');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test('a connection that the app closed while it was kept costs no request', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await listenPlain(home, (socket) => {
    let asked = 0;
    socket.on('data', () => {
      asked += 1;
      // The second request on a connection meets an end that was on its way already.
      if (asked === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      else socket.resetAndDestroy();
    });
  });
  await home.sidecar('orders', { port: String(port) });
  const web = await home.join('web');
  for (let index = 0; index < 20; index += 1) assert.equal(await (await web.fetch('http://orders/')).text(), 'ok');
});

test('a caller that goes away takes its request to the app with it', async () => {
  await using home = await TestHome.create('orders', 'web');
  const gone = Promise.withResolvers<undefined>();
  const { ports } = await appBehind(home, (request) => {
    request.once('close', () => gone.resolve(undefined));
  });
  const { socket } = await home.channel('web', ports.mesh.port);
  socket.write('POST / HTTP/1.1\r\nhost: orders\r\ncontent-length: 10\r\n\r\n12345');
  await new Promise((resolve) => socket.once('drain', resolve).write('', resolve));
  socket.destroy();
  await gone.promise;
});

test('a WebSocket is passed through with its bytes in both directions, and h2c is not heard', async () => {
  await using home = await TestHome.create('orders', 'web');
  let upgrade: IncomingHttpHeaders | undefined;
  const server = createServer((request, response) => {
    response.end(`no upgrade: ${String(request.headers.upgrade)} ${String(request.headers['http2-settings'])}`);
  });
  server.on('upgrade', (request, socket, head) => {
    upgrade = request.headers;
    if (request.url === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno');
      return;
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\nhello',
    );
    socket.write(head);
    socket.pipe(socket);
  });
  const { ports } = await home.sidecar('orders', { port: String(await home.listen(server)) });
  const head = (path: string, protocol: string): string =>
    `GET ${path} HTTP/1.1\r\nhost: orders\r\nupgrade: ${protocol}\r\nconnection: Upgrade, HTTP2-Settings\r\nhttp2-settings: AAMA\r\n` +
    'x-themis-caller: spoofed\r\nsec-websocket-key: x\r\n\r\n';

  const { socket } = await home.channel('web', ports.mesh.port);
  socket.write(`${head('/', 'websocket')}early`);
  assert.match(await readUntil(socket, 'early'), /^HTTP\/1.1 101 [^]*\r\n\r\nhelloearly$/);
  assert.equal(upgrade?.['x-themis-caller'], 'web');
  socket.write('bytes');
  await readUntil(socket, 'bytes');
  socket.end();
  await once(socket, 'close');

  const { socket: refused } = await home.channel('web', ports.mesh.port);
  refused.write(head('/refused', 'websocket'));
  assert.match((await readAll(refused)).toString(), /^HTTP\/1.1 403 [^]*no$/);

  for (const protocol of ['h2c', 'websocket, h2c', 'h2c, websocket', 'tls/1.0']) {
    const { socket: other } = await home.channel('web', ports.mesh.port);
    other.write(head('/', protocol));
    assert.match(await readUntil(other, 'no upgrade'), /^HTTP\/1.1 200 [^]*no upgrade: undefined undefined/, protocol);
    other.destroy();
  }
});

test('an app that changes the protocol without being asked is not followed', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await listenPlain(home, (socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nbytes'),
    );
  });
  await home.sidecar('orders', { port: String(port) });
  const web = await home.join('web');
  const answer = await web.fetch('http://orders/');
  assert.equal(answer.status, 502);
  assert.doesNotMatch(await answer.text(), /bytes/);
});

test('callers through the ingress have no identity, whatever they say', async () => {
  await using home = await TestHome.create('orders');
  const received: Buffer[] = [];
  const port = await listenPlain(home, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  const { ports } = await home.sidecar('orders', { port: String(port), ingress: '127.0.0.1:0' });
  const socket = await dialPlain(ports.ingress?.port ?? 0);
  socket.write(
    'GET /x HTTP/1.1\r\nhost: shop.example\r\nx-themis-caller: admin\r\nX-Forwarded-Client-Cert: By=x\r\nx-kept: 1\r\n\r\n',
  );
  await readUntil(socket, '\r\n\r\n');
  socket.destroy();
  const [request] = readStrictly(Buffer.concat(received));
  assert.ok(request !== undefined);
  assert.deepEqual(valuesIn(request, 'host'), ['shop.example']);
  assert.deepEqual(
    request.fields.filter(([name]) => name.toLowerCase().startsWith('x-')),
    [['x-kept', '1']],
  );
});

test('an old client without Host gets its answer', async () => {
  await using home = await TestHome.create('orders');
  const port = await home.serve((request, response) => response.end(`for ${request.headers.host}`));
  const { ports } = await home.sidecar('orders', { port: String(port), ingress: '127.0.0.1:0' });
  const socket = await dialPlain(ports.ingress?.port ?? 0);
  socket.write('GET / HTTP/1.0\r\n\r\n');
  assert.match((await readAll(socket)).toString(), /^HTTP\/1.1 200 [^]*for orders.mesh.internal/);
});

test('an app on a unix socket is served the same way', async () => {
  await using home = await TestHome.create('orders', 'web');
  const path = `${home.path}/app.sock`;
  const server = createServer((request, response) => response.end(`to ${request.url}`));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  home.onEnd(() => server.close());
  await home.sidecar('orders', { socket: path });
  const web = await home.join('web');
  assert.equal(await (await web.fetch('http://orders/u')).text(), 'to /u');
});
