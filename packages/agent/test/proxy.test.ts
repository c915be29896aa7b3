import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { ask, echo, proxyOf } from './proxy-bed.ts';
import { dialPlain, listenPlain, readUntil } from './raw.ts';
import { TestHome } from './test-home.ts';

async function withOrders(home: TestHome): Promise<void> {
  const port = await home.serve((request, response) => {
    request.resume();
    request.on('end', () => response.end(`${echo(request)}\n`));
  });
  await home.sidecar('orders', { port: String(port) });
}

const seenIn = (answer: string) => {
  assert.match(answer, /^HTTP\/1.1 200 /);
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as {
    method: string;
    url: string;
    headers: Record<string, string>;
  };
};

test("a request for a service goes there as it was sent, but for what is the proxy's own", async () => {
  await using home = await TestHome.create('orders', 'web');
  await withOrders(home);
  const { port, credential } = await proxyOf(home);
  const fields = `host: somebody.else\r\nproxy-authorization: ${credential}\r\nproxy-connection: keep-alive\r\nx-kept: 1\r\n`;
  const identity = 'x-themis-caller: admin\r\nX_Forwarded_Client_Cert: By=x\r\n';
  const seen = seenIn(await ask(port, `GET http://ORDERS.mesh.internal./a/B%20b?c=../%2F HTTP/1.1\r\n${fields}${identity}\r\n`));
  assert.equal(seen.url, '/a/B%20b?c=../%2F');
  assert.equal(seen.headers['host'], 'ORDERS.mesh.internal.');
  assert.equal(seen.headers['x-kept'], '1');
  assert.equal(seen.headers['x-themis-caller'], 'web');
  assert.ok(!JSON.stringify(seen).includes(credential.slice(6)));
  assert.deepEqual(
    Object.keys(seen.headers).filter((name) => name.startsWith('proxy-')),
    [],
  );
  const ambiguous = `GET http://orders.mesh.internal/a/../b%2F HTTP/1.1\r\n${fields}\r\n`;
  assert.match(await ask(port, ambiguous), /^HTTP\/1.1 400 [^]*policy-path-ambiguous/);
});

test('CONNECT to port 80 of a service carries HTTP, request after request', async () => {
  await using home = await TestHome.create('orders', 'web');
  await withOrders(home);
  const { port, credential } = await proxyOf(home);
  const socket = await dialPlain(port);
  socket.write(
    `CONNECT orders.mesh.internal:80 HTTP/1.1\r\nhost: orders.mesh.internal\r\nproxy-authorization: ${credential}\r\n\r\n`,
  );
  assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1.1 200 /);
  for (const path of ['/1', '/2']) {
    socket.write(`POST ${path} HTTP/1.1\r\nhost: orders.mesh.internal\r\ncontent-length: 2\r\n\r\nok`);
    assert.equal(seenIn(await readUntil(socket, '}}\n')).url, path);
  }
  socket.write('GET / HTTP/1.1\r\nhost: payments.mesh.internal\r\n\r\n');
  assert.match(await readUntil(socket, '}'), /^HTTP\/1.1 400 [^]*THEMIS_REQUEST_REFUSED/);
  socket.destroy();
});

test('CONNECT to any other port carries raw bytes, with either end first to close', async () => {
  await using home = await TestHome.create('db', 'web');
  const raw = await listenPlain(home, (socket) => {
    socket.write('welcome\n');
    socket.pipe(socket);
  });
  await home.sidecar('db', { port: String(raw), protocol: 'tcp' });
  const { port, credential } = await proxyOf(home);
  const socket = await dialPlain(port);
  socket.write(`CONNECT db.mesh.internal:5432 HTTP/1.1\r\nhost: db\r\nproxy-authorization: ${credential}\r\n\r\n`);
  await readUntil(socket, 'welcome\n');
  socket.end('bytes');
  await readUntil(socket, 'bytes');
});

test('a WebSocket goes through the proxy, by either way', async () => {
  await using home = await TestHome.create('orders', 'web');
  const server = createServer();
  server.on('upgrade', (_, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await home.sidecar('orders', { port: String(await home.listen(server)) });
  const { port, credential } = await proxyOf(home);
  const upgrade = 'host: orders.mesh.internal\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\n';

  const direct = await dialPlain(port);
  direct.write(`GET http://orders.mesh.internal/ HTTP/1.1\r\n${upgrade}proxy-authorization: ${credential}\r\n\r\n`);
  assert.match(await readUntil(direct, '\r\n\r\n'), /^HTTP\/1.1 101 /);
  direct.write('bytes');
  await readUntil(direct, 'bytes');
  direct.destroy();

  const tunnel = await dialPlain(port);
  tunnel.write(`CONNECT orders.mesh.internal:80 HTTP/1.1\r\nhost: x\r\nproxy-authorization: ${credential}\r\n\r\n`);
  await readUntil(tunnel, '\r\n\r\n');
  tunnel.write(`GET / HTTP/1.1\r\n${upgrade}\r\n`);
  assert.match(await readUntil(tunnel, '\r\n\r\n'), /^HTTP\/1.1 101 /);
  tunnel.write('bytes');
  await readUntil(tunnel, 'bytes');
  tunnel.destroy();
});

test('without the credential nothing is done', async () => {
  await using home = await TestHome.create('orders', 'web');
  let asked = 0;
  const app = await home.serve((_, response) => {
    asked += 1;
    response.end();
  });
  await home.sidecar('orders', { port: String(app) });
  const { port, credential } = await proxyOf(home, { egress: ['allow'] });
  const other = await proxyOf(home);
  const wrong = [
    '',
    'proxy-authorization: \r\n',
    'proxy-authorization: Basic\r\n',
    `proxy-authorization: ${credential.slice(0, -4)}\r\n`,
    `proxy-authorization: ${credential}x\r\n`,
    `proxy-authorization: ${credential.toLowerCase()}\r\n`,
    `proxy-authorization: Bearer ${credential.slice(6)}\r\n`,
    `proxy-authorization: ${other.credential}\r\n`,
    `proxy-authorization: Basic ${btoa('themis:')}\r\n`,
    `proxy-authorization: Basic ${'A'.repeat(5000)}\r\n`,
    `proxy-authorization: ${credential}\r\nproxy-authorization: ${credential}\r\n`,
    `authorization: ${credential}\r\n`,
    `proxy_authorization: ${credential}\r\n`,
  ];
  for (const fields of wrong) {
    for (const line of [
      'GET http://orders.mesh.internal/',
      'CONNECT orders.mesh.internal:80',
      'CONNECT orders.mesh.internal:5432',
      'GET /',
    ]) {
      const answer = await ask(port, `${line} HTTP/1.1\r\nhost: orders.mesh.internal\r\n${fields}\r\n`);
      assert.match(answer, /^HTTP\/1.1 407 [^]*Basic realm="themis"[^]*THEMIS_PROXY_CREDENTIAL/i, `${line} ${fields}`);
      assert.ok(!answer.includes(credential.slice(6)));
    }
  }
  assert.equal(asked, 0);
});

test('what is not a request for a service is refused, and says why', async () => {
  await using home = await TestHome.create('orders', 'web');
  await withOrders(home);
  const { port, credential } = await proxyOf(home);
  const fields = `host: orders.mesh.internal\r\nproxy-authorization: ${credential}\r\n`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ['GET https://orders.mesh.internal/', /^HTTP\/1.1 400 [^]*REQUEST_REFUSED/],
    ['GET ftp://orders.mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET /', /^HTTP\/1.1 400 /],
    ['GET http://', /^HTTP\/1.1 400 /],
    ['GET http:///path', /^HTTP\/1.1 400 /],
    ['GET http://user@orders.mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://user:secret@orders.mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://orders.mesh.internal:8080/', /^HTTP\/1.1 400 [^]*port 80/],
    ['GET http://orders.mesh.internal:0/', /^HTTP\/1.1 400 /],
    ['GET http://orders.mesh.internal:99999/', /^HTTP\/1.1 400 /],
    ['GET http://orders.mesh.internal#x', /^HTTP\/1.1 400 /],
    ['GET http://mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://.mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://a.b.c.mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://-.mesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://orders%2emesh.internal/', /^HTTP\/1.1 400 /],
    ['GET http://unknown.mesh.internal/', /^HTTP\/1.1 404 [^]*THEMIS_NAME_UNKNOWN/],
    ['GET http://orders.unknown.mesh.internal/', /^HTTP\/1.1 404 [^]*THEMIS_NAME_UNKNOWN/],
    ['GET http://orders/', /^HTTP\/1.1 403 [^]*THEMIS_EGRESS_DENIED/],
    ['CONNECT ', /^HTTP\/1.1 (?:400|505) /],
    ['CONNECT orders.mesh.internal', /^HTTP\/1.1 400 /],
    ['CONNECT orders.mesh.internal:', /^HTTP\/1.1 400 /],
    ['CONNECT :80', /^HTTP\/1.1 400 /],
    ['CONNECT http://orders.mesh.internal:80', /^HTTP\/1.1 400 /],
    ['CONNECT orders.mesh.internal:80/path', /^HTTP\/1.1 400 /],
    ['CONNECT user@orders.mesh.internal:80', /^HTTP\/1.1 400 /],
    ['CONNECT orders.mesh.internal:port', /^HTTP\/1.1 400 /],
    ['CONNECT unknown.mesh.internal:5432', /^HTTP\/1.1 404 [^]*THEMIS_NAME_UNKNOWN/],
    ['CONNECT orders.mesh.internal:5432', /^HTTP\/1.1 503 [^]*THEMIS_NO_INSTANCE/],
    ['CONNECT example.org:443', /^HTTP\/1.1 403 [^]*THEMIS_EGRESS_DENIED[^]*--egress example.org/],
  ];
  for (const [line, expected] of cases) assert.match(await ask(port, `${line} HTTP/1.1\r\n${fields}\r\n`), expected, line);
});

test('bytes that come before a tunnel is granted go nowhere', async () => {
  await using home = await TestHome.create('orders', 'web');
  await withOrders(home);
  const { port, credential } = await proxyOf(home);
  const early = 'GET /early HTTP/1.1\r\nhost: orders.mesh.internal\r\n\r\n';
  const answer = await ask(
    port,
    `CONNECT orders.mesh.internal:80 HTTP/1.1\r\nhost: x\r\nproxy-authorization: ${credential}\r\n\r\n${early}`,
  );
  assert.match(answer, /^HTTP\/1.1 400 /);
});

test('two meanings are refused in a tunnel too', async () => {
  await using home = await TestHome.create('orders', 'web');
  await withOrders(home);
  const { port, credential } = await proxyOf(home);
  for (const fields of [
    'content-length: 3\r\ntransfer-encoding: chunked',
    'transfer_encoding: chunked',
    'content-length: 1\r\ncontent-length: 1',
  ]) {
    const socket = await dialPlain(port);
    socket.write(`CONNECT orders.mesh.internal:80 HTTP/1.1\r\nhost: x\r\nproxy-authorization: ${credential}\r\n\r\n`);
    await readUntil(socket, '\r\n\r\n');
    socket.write(`POST / HTTP/1.1\r\nhost: orders.mesh.internal\r\n${fields}\r\n\r\n0\r\n\r\n`);
    assert.match(await readUntil(socket, '\r\n'), /^HTTP\/1.1 400 /, fields);
    socket.destroy();
  }
});

test('the credential is nowhere but in the address for the program', async () => {
  await using home = await TestHome.create('web');
  const idle = await home.serve((_, response) => response.end());
  const { sidecar } = await home.sidecar('web', { port: String(idle) });
  const token = new URL(sidecar.environment({})['http_proxy'] ?? '').password;
  assert.equal(Buffer.from(token, 'base64url').length, 32);
  const { inspect } = await import('node:util');
  assert.ok(!inspect(sidecar, { depth: 8, showHidden: true }).includes(token));
  assert.ok(!JSON.stringify(sidecar).includes(token));
});
