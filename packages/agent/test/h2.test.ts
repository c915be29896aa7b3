import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { readSidecarOptions } from '@themis-mesh/agent';
import { freePort, waitFor, within } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

/** An app behind a sidecar that speaks HTTP/2, and a session of `web` with it. */
async function appBehind(home: TestHome, app: Http2Server): Promise<ClientHttp2Session> {
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  home.onEnd(() => app.close());
  const { port } = app.address() as AddressInfo;
  const { ports } = await home.sidecar('orders', { port: String(port), protocol: 'h2' });
  const { socket } = await home.channel('web', ports.mesh.port, 'themis-h2/1');
  return open(home, connect('http://orders', { createConnection: () => socket }));
}

function open(home: TestHome, session: ClientHttp2Session): ClientHttp2Session {
  session.on('error', () => undefined);
  home.onEnd(() => {
    session.destroy();
  });
  return session;
}

test('an app that speaks HTTP/2 is told who calls, whatever the caller says', async () => {
  await using home = await TestHome.create('orders', 'web');
  const app = createServer((request, response) => {
    response.setHeader('x-themis-caller', 'the app');
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  const session = await appBehind(home, app);
  const lies = { 'x-themis-caller': 'owner', x_themis_caller: 'owner', 'x-forwarded-client-cert': 'owner', 'x-kept': 'kept' };
  const stream = session.request({ ':path': '/a%20b?c=1', ...lies });
  const [head] = (await within(once(stream, 'response'))) as [IncomingHttpHeaders];
  const seen = JSON.parse(await text(stream)) as { readonly url: string; readonly headers: Record<string, string> };
  assert.equal(seen.url, '/a%20b?c=1');
  assert.equal(seen.headers['x-themis-caller'], 'web');
  assert.match(seen.headers['x-forwarded-client-cert'] ?? '', /^By=spiffe:.*;Hash=[0-9a-f]{64};URI=spiffe:/);
  assert.equal(seen.headers['x_themis_caller'], undefined);
  assert.equal(seen.headers['x-kept'], 'kept');
  assert.equal(seen.headers[':authority'], 'orders:80');
  assert.equal(head['x-themis-caller'], undefined);
});

test('bodies, trailers and interim answers pass both ways', async () => {
  await using home = await TestHome.create('orders', 'web');
  const heard: IncomingHttpHeaders[] = [];
  const app = createServer();
  app.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('trailers', (fields) => heard.push(fields));
    stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.once('wantTrailers', () => {
      stream.sendTrailers({ 'x-sum': 'done', 'x-themis-caller': 'the app' });
    });
    stream.pipe(stream);
  });
  const session = await appBehind(home, app);
  const stream = session.request({ ':path': '/', ':method': 'POST' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => {
    stream.sendTrailers({ 'x-mine': 'too', 'x-themis-caller': 'owner' });
  });
  const hints = once(stream, 'headers') as Promise<[IncomingHttpHeaders]>;
  const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
  stream.end(Buffer.alloc(500_000, 'x'));
  assert.equal((await text(stream)).length, 500_000);
  assert.equal((await hints)[0][':status'], 103);
  assert.deepEqual(Object.entries((await trailers)[0]), [['x-sum', 'done']]);
  assert.deepEqual(Object.entries(heard[0] ?? {}), [['x-mine', 'too']]);
});

test('a stream that either side breaks off breaks off at the other', async () => {
  await using home = await TestHome.create('orders', 'web');
  const ends: string[] = [];
  const app = createServer();
  app.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    stream.on('end', () => ends.push(stream.aborted || stream.rstCode !== 0 ? 'part' : 'whole'));
    stream.on('close', () => ends.push(`closed ${stream.rstCode}`));
    stream.resume();
    stream.respond({ ':status': 200 });
    stream.write('some');
    if (headers[':path'] === '/breaks') setImmediate(() => stream.destroy(new Error('broke')));
  });
  const session = await appBehind(home, app);
  const abort = new AbortController();
  const held = session.request({ ':path': '/held', ':method': 'POST' }, { signal: abort.signal });
  held.on('error', () => undefined);
  held.write('a part');
  await within(once(held, 'data'));
  abort.abort();
  await waitFor(() => ends.some((end) => end.startsWith('closed')), 'the end at the app');
  assert.equal(ends.includes('whole'), false);
  assert.equal(ends.at(-1), 'closed 8');
  for (const method of ['GET', 'POST']) {
    const broken = session.request({ ':path': '/breaks', ':method': method });
    broken.on('error', () => undefined);
    let isWhole = false;
    broken.on('end', () => (isWhole = true));
    broken.resume();
    await within(new Promise((resolve) => broken.once('close', resolve)));
    assert.equal(broken.rstCode, 0x2);
    assert.equal(isWhole, false);
  }
});

test('an app that is away is said to be, in the words of who asks, and found again', async () => {
  await using home = await TestHome.create('orders', 'web');
  const app = createServer((_, response) => response.end('there'));
  const sessions = new Set<{ destroy: () => void }>();
  app.on('session', (one) => sessions.add(one));
  const session = await appBehind(home, app);
  assert.equal(await text(session.request({ ':path': '/' })), 'there');
  const { port } = app.address() as AddressInfo;
  const closed = new Promise((resolve) => app.close(resolve));
  for (const one of sessions) one.destroy();
  await closed;
  const plain = session.request({ ':path': '/' });
  assert.equal(((await within(once(plain, 'response'))) as [IncomingHttpHeaders])[0][':status'], 503);
  plain.close();
  const grpc = session.request({ ':path': '/a.B/C', ':method': 'POST', 'content-type': 'application/grpc' });
  const [head] = (await within(once(grpc, 'response'))) as [IncomingHttpHeaders];
  assert.deepEqual([head[':status'], head['grpc-status']], [200, '14']);
  grpc.close();
  await new Promise<void>((resolve) => app.listen(port, '127.0.0.1', resolve));
  await waitFor(async () => (await text(session.request({ ':path': '/' }))) === 'there', 'the app to be found again');
});

test('a forward leads to servers of HTTP/2, in the mesh and behind sidecars', async () => {
  await using home = await TestHome.create('orders', 'web', 'mail');
  const orders = await home.join('orders');
  const server = orders.createHttp2Server(({ peer }, response) => response.end(`in the mesh ${peer.name}`));
  server.listen(0);
  await once(server, 'listening');
  await appBehindMail(home);
  const ports = [await freePort(), await freePort()];
  const idle = await home.serve((_, response) => response.end());
  await home.sidecar('web', { port: String(idle), forward: [`${ports[0]}=orders`, `${ports[1]}=mail`] });
  const answers: string[] = [];
  for (const port of ports) {
    const session = open(home, connect(`http://127.0.0.1:${port}`));
    answers.push(await text(session.request({ ':path': '/' })));
  }
  assert.deepEqual(answers, ['in the mesh web', 'behind a sidecar web']);
});

test('what a sidecar of HTTP/2 cannot do is said', () => {
  const flags = { port: '1', protocol: 'h2', ingress: '8080', health: '/' };
  assert.throws(
    () => readSidecarOptions('orders', [], flags),
    (error) => ThemisError.is(error, 'THEMIS_CONFIG_INVALID') && /--ingress.*--health/.test(error.message),
  );
  assert.throws(() => readSidecarOptions('orders', [], { port: '1', protocol: 'h3' }), /http, h2 or tcp/);
});

async function appBehindMail(home: TestHome): Promise<void> {
  const app = createServer(({ headers }, response) => response.end(`behind a sidecar ${String(headers['x-themis-caller'])}`));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  home.onEnd(() => app.close());
  await home.sidecar('mail', { port: String((app.address() as AddressInfo).port), protocol: 'h2' });
}
