import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { meshGrpc } from '@themis-mesh/grpc';
import { join, type JoinOptions } from '@themis-mesh/mesh';
import { freePort, waitFor, within } from '@themis-mesh/testkit';
import { TestHome } from './test-home.ts';

const UNARY = '/test.Echo/Unary';
const same = (value: Buffer): Buffer => value;
const bytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const ECHO = { unary: { path: UNARY, requestStream: false, responseStream: false, ...bytes } };

/** An instance of `orders` that serves gRPC in the mesh. */
async function serve(
  home: TestHome,
  options: Partial<JoinOptions>,
  answer: (metadata: Metadata) => Promise<string> | string,
): Promise<void> {
  const mesh = await join({ service: 'orders', home: home.path, ...options });
  home.onEnd(() => mesh.close());
  const server = meshGrpc(mesh).createServer();
  server.addService(ECHO, {
    unary: ({ metadata }: { readonly metadata: Metadata }, done: (error: object | null, said?: Buffer) => void) => {
      void (async () => answer(metadata))().then(
        (said) => done(null, Buffer.from(said)),
        (error: unknown) => done(error as object),
      );
    },
  });
  await server.listen();
}

/** A sidecar of `web` whose port leads to `orders`. */
async function forward(home: TestHome, options: Partial<JoinOptions> = {}): Promise<number> {
  const port = await freePort();
  const idle = await home.serve((_, response) => response.end());
  const { mesh } = await home.sidecar('web', { port: String(idle), forward: [`${port}=h2:orders`] });
  if (options.traffic !== undefined) mesh.setTraffic(options.traffic);
  return port;
}

function clientOf(home: TestHome, port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  home.onEnd(() => client.close());
  return client;
}

function session(home: TestHome, port: number): ClientHttp2Session {
  const opened = connect(`http://127.0.0.1:${port}`);
  opened.on('error', () => undefined);
  home.onEnd(() => opened.destroy());
  return opened;
}

function call(client: Client, fields: Readonly<Record<string, string>> = {}, deadline = Date.now() + 20_000): Promise<string> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(UNARY, same, same, Buffer.from('x'), metadata, { deadline }, (error, said?: Buffer) => {
      if (error === null) resolve(String(said));
      else reject(error);
    });
  });
}

const failureOf = async (made: Promise<unknown>): Promise<ServiceError> =>
  (await within(made.then(() => assert.fail('no failure')).catch((error: unknown) => error))) as ServiceError;

test('each call of a plain client of gRPC goes to an instance that is well', async () => {
  await using home = await TestHome.create('orders', 'web');
  const heard = new Map<string, number>();
  for (const instance of ['a', 'b', 'bad']) {
    await serve(home, { instance }, (metadata) => {
      heard.set(instance, (heard.get(instance) ?? 0) + 1);
      if (instance === 'bad') throw Object.assign(new Error('broken'), { code: status.INTERNAL });
      return `${instance} ${String(metadata.get('x-themis-caller')[0])}`;
    });
  }
  const port = await forward(home, { traffic: { orders: { outliers: { consecutive: 2, ejectMs: 60_000 } } } });
  const client = clientOf(home, port);
  await waitFor(async () => {
    await call(client).catch(() => undefined);
    return heard.size === 3 && heard.get('bad') === 2;
  }, 'all instances, and two failures');
  const said = new Set<string>();
  for (let time = 0; time < 60; time += 1) said.add(await call(client, { 'x-themis-caller': 'owner' }));
  for (const answer of said) assert.match(answer, /^[ab] web$/);
  assert.equal(heard.get('bad'), 2);
});

test('calls through a port go by the rules, and by what they say themselves', async () => {
  await using home = await TestHome.create('orders', 'web');
  const seen: Metadata[] = [];
  for (const version of ['v1', 'v2']) {
    await serve(home, { labels: { version } }, (metadata) => {
      seen.push(metadata);
      if (metadata.get('x-wait').length > 0) return new Promise(() => undefined);
      return version;
    });
  }
  const routes = [{ match: { header: 'x-group', value: 'beta' }, to: { labels: { version: 'v2' } } }];
  const faults = [{ match: { header: 'x-fault' }, percent: 100, status: 429 }];
  const port = await forward(home, {
    traffic: { orders: { routes, faults, split: [{ weight: 1, labels: { version: 'v1' } }], timeoutMs: 3000 } },
  });
  const client = clientOf(home, port);
  assert.equal(await call(client), 'v1');
  assert.equal(await call(client, { 'x-group': 'beta', 'x-themis-retry': 'safe' }), 'v2');
  assert.deepEqual(seen[1]?.get('x-themis-retry'), []);
  const fault = await failureOf(call(client, { 'x-fault': '1' }));
  assert.deepEqual([fault.code, fault.details], [status.RESOURCE_EXHAUSTED, 'THEMIS_FAULT_INJECTED']);
  const late = await failureOf(call(client, { 'x-wait': '1' }));
  assert.deepEqual([late.code, late.details], [status.DEADLINE_EXCEEDED, 'THEMIS_DEADLINE_PASSED']);
  const begun = performance.now();
  const soon = await failureOf(call(client, { 'x-wait': '1', 'x-themis-deadline': '100' }));
  assert.equal(soon.code, status.DEADLINE_EXCEEDED);
  assert.ok(performance.now() - begun < 2500);
});

test('a service with no instance, and one behind a sidecar that is away, are said to be, in the words of who asks', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await forward(home);
  const away = await failureOf(call(clientOf(home, port)));
  assert.deepEqual([away.code, away.details], [status.UNAVAILABLE, 'THEMIS_NO_INSTANCE']);
  const stream = session(home, port).request({ ':path': '/' });
  const [head] = (await within(once(stream, 'response'))) as [IncomingHttpHeaders];
  assert.deepEqual([head[':status'], head['x-themis-error']], [503, 'THEMIS_NO_INSTANCE']);
  assert.match(await text(stream), /"error":"THEMIS_NO_INSTANCE"/);
});

test('bodies, trailers and breaks pass, and the log has each request', async () => {
  await using home = await TestHome.create('orders', 'web');
  let log = '';
  const orders = await home.join('orders');
  const aborted: string[] = [];
  const heard: unknown[] = [];
  const server = orders.createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    if (headers[':path'] === '/hold') {
      stream.respond({ ':status': 200 });
      stream.write('held');
      stream.on('close', () => aborted.push(`closed ${stream.rstCode}`));
      return;
    }
    stream.once('trailers', (fields: IncomingHttpHeaders) => heard.push(fields['x-mine']));
    stream.respond({ ':status': 201 }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'done' }));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  const port = await freePort();
  const mesh = await join({ service: 'web', home: home.path, accessLog: (lines) => (log += lines) });
  home.onEnd(() => mesh.close());
  const { H2Forward } = await import('../src/proxy/h2-forward.ts');
  const { Guards } = await import('../src/tcp/guards.ts');
  const { serviceName } = await import('./test-home.ts');
  const guards = new Guards(mesh.metrics, { maxConnections: 10, stallSeconds: 30 });
  const opened = await H2Forward.listen({ port, service: serviceName('orders'), mesh, guards });
  home.onEnd(() => opened.close());
  const plain = session(home, port);
  // Its trailers are here before there is a connection to pass them on by.
  const early = plain.request({ ':path': '/echo', ':method': 'POST' }, { waitForTrailers: true });
  early.once('wantTrailers', () => early.sendTrailers({ 'x-mine': 'too' }));
  early.end('soon');
  assert.equal(await text(early), 'soon');
  assert.deepEqual(heard, ['too']);
  const stream = plain.request({ ':path': '/echo', ':method': 'POST' });
  const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
  stream.end(Buffer.alloc(500_000, 'x'));
  assert.equal((await text(stream)).length, 500_000);
  assert.equal((await within(trailers))[0]['x-sum'], 'done');
  const abort = new AbortController();
  const held = plain.request({ ':path': '/hold' }, { signal: abort.signal });
  held.on('error', () => undefined);
  await within(once(held, 'data'));
  abort.abort();
  await waitFor(() => aborted.length === 1, 'the end at the service');
  assert.equal(aborted[0], 'closed 8');
  await waitFor(() => log.trim().split('\n').length === 3, 'the log');
  const [first] = log.split('\n').map((line) => JSON.parse(line === '' ? '{}' : line) as Record<string, unknown>);
  const { direction, caller, service, protocol, method, path, status: said } = first ?? {};
  assert.deepEqual(
    [direction, caller, service, protocol, method, path, said],
    ['outbound', 'web', 'orders', 'h2', 'POST', '/echo', 201],
  );
});
