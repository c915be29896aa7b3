import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'node:test';
import { waitFor } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { serviceName, TestHome } from './test-home.ts';

type Answers = Readonly<Record<string, (response: ServerResponse) => void>>;

const ANSWERS: Answers = {
  '/empty': (response) => response.writeHead(204).end(),
  '/unchanged': (response) => response.writeHead(304, { etag: '"1"' }).end(),
  '/reset': (response) => response.writeHead(205).end(),
  '/head': (response) => response.writeHead(200, { 'content-length': '1000' }).end(),
  '/cookies': (response) => response.setHeader('set-cookie', ['a=1; Path=/', 'b=2', 'c=3, 4']).end(),
  '/many': (response) => {
    for (let index = 0; index < 500; index += 1) response.setHeader(`x-${index}`, String(index));
    response.end('many');
  },
  '/latin1': (response) => response.writeHead(200, 'Süß', { 'x-name': 'Käse' }).end(),
  '/trailers': (response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    response.write('body');
    response.addTrailers({ 'x-sum': '1' });
    response.end();
  },
  '/hints': (response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeProcessing();
    response.end('after hints');
  },
  '/json': (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":[1]}'),
  '/bom': (response) => response.end('\ufeffmarked'),
  '/slow': (response) => {
    response.write('a');
    setImmediate(() => response.end('b'));
  },
  '/nothing': (response) => response.end(),
  '/not-found': (response) => response.writeHead(404).end('no such thing'),
  '/teapot': (response) => response.writeHead(599, 'Odd').end(),
};

async function callable(home: TestHome): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  await home.serve('payments', (request, response) => (ANSWERS[request.url ?? ''] ?? ((answer) => answer.destroy()))(response));
  const web = await home.join('web');
  return (path, init) => web.fetch(`https://payments${path}`, init);
}

test('answers are as those of the global fetch', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const call = await callable(home);

  for (const [path, status] of [
    ['/empty', 204],
    ['/unchanged', 304],
    ['/reset', 205],
  ] as const) {
    await t.test(`${status} has no body`, async () => {
      const response = await call(path);
      assert.deepEqual([response.status, response.body, await response.text()], [status, null, '']);
    });
  }
  await t.test('HEAD has none either, whatever length it says', async () => {
    const response = await call('/head', { method: 'HEAD' });
    assert.deepEqual([response.headers.get('content-length'), response.body, await response.text()], ['1000', null, '']);
  });
  await t.test('an empty body is a body', async () => {
    const response = await call('/nothing');
    assert.ok(response.body !== null);
    assert.equal(await response.text(), '');
  });
  await t.test('each set-cookie is kept', async () => {
    assert.deepEqual((await call('/cookies')).headers.getSetCookie(), ['a=1; Path=/', 'b=2', 'c=3, 4']);
  });
  await t.test('500 headers', async () => {
    const { headers } = await call('/many');
    assert.equal(headers.get('x-0'), '0');
    assert.equal(headers.get('x-499'), '499');
  });
  await t.test('bytes beyond ASCII in the head', async () => {
    const response = await call('/latin1');
    assert.deepEqual([response.statusText, response.headers.get('x-name')], ['Süß', 'Käse']);
  });
  await t.test('trailers are passed over', async () => {
    const response = await call('/trailers');
    assert.equal(await response.text(), 'body');
    assert.equal(response.headers.get('x-sum'), null);
  });
  await t.test('103 and 102 are passed over', async () => {
    const response = await call('/hints');
    assert.deepEqual([response.status, await response.text()], [200, 'after hints']);
  });
  await t.test('what a body can be read as', async () => {
    assert.deepEqual(await (await call('/json')).json(), { a: [1] });
    assert.equal(await (await call('/bom')).text(), 'marked');
    assert.deepEqual(await (await call('/slow')).bytes(), new TextEncoder().encode('ab'));
    assert.equal((await (await call('/slow')).arrayBuffer()).byteLength, 2);
    assert.equal(await (await (await call('/slow')).blob()).text(), 'ab');
    const chunks = [];
    for await (const chunk of (await call('/slow')).body ?? []) chunks.push(Buffer.from(chunk));
    assert.equal(Buffer.concat(chunks).toString(), 'ab');
  });
  await t.test('a body is read once', async () => {
    const response = await call('/slow');
    assert.equal(response.bodyUsed, false);
    const [first, second] = await Promise.allSettled([response.text(), response.text()]);
    assert.deepEqual([first.status, second.status], ['fulfilled', 'rejected']);
    assert.equal(response.bodyUsed, true);
    assert.throws(() => response.clone(), TypeError);
  });
  await t.test('its stream is the same each time it is asked for', async () => {
    const response = await call('/slow');
    assert.equal(response.body, response.body);
    assert.equal(await response.text(), 'ab');
  });
  await t.test('a clone has a body of its own', async () => {
    const response = await call('/slow');
    const clone = response.clone();
    assert.deepEqual([await clone.text(), await response.text()], ['ab', 'ab']);
  });
  await t.test('status, ok, url, instanceof', async () => {
    const response = await call('/not-found#part');
    const { status, ok, url, redirected, type } = response;
    assert.deepEqual([status, ok, url, redirected, type], [404, false, 'https://payments/not-found', false, 'default']);
    assert.ok(response instanceof Response);
    assert.equal((await call('/teapot')).status, 599);
  });
});

test('a name that nobody has, a name that is none, and a service that does not run', async () => {
  await using home = await TestHome.create('web', 'payments');
  const web = await home.join('web');
  await rejectsWith(web.fetch('https://nobody/'), 'THEMIS_NAME_UNKNOWN');
  await rejectsWith(web.fetch('https://example.com/'), 'THEMIS_NAME_UNKNOWN');
  await rejectsWith(web.fetch('https://payments.other.internal/'), 'THEMIS_NAME_INVALID');
  await rejectsWith(web.fetch('https://127.0.0.1/'), 'THEMIS_NAME_INVALID');
  await rejectsWith(web.fetch('https://payments/'), 'THEMIS_NO_INSTANCE');
  await assert.rejects(web.fetch('ftp://payments/'), TypeError);
  await assert.rejects(web.fetch('/relative'), TypeError);
  await assert.rejects(web.fetch('https://user:word@payments/'), TypeError);
  await assert.rejects(web.fetch('https://payments/', { integrity: 'sha256-x' }), TypeError);
});

test('fields and paths that HTTP cannot carry are no request', async () => {
  await using home = await TestHome.create('web', 'payments');
  let requests = 0;
  await home.serve('payments', (_, response) => response.end(String((requests += 1))));
  const web = await home.join('web');
  const pairs: [string, string][] = [['x-bad', 'a\nb']];
  for (const headers of [{ 'x-bad': 'a\r\nb' }, { 'x bad': 'a' }, { 'x-bad': '\u20ac' }, pairs]) {
    await assert.rejects(web.fetch('https://payments/', { headers }), TypeError);
  }
  const service = serviceName('payments');
  await assert.rejects(web.send({ service, method: 'GET', path: '/a b', headers: [] }), TypeError);
  await assert.rejects(web.send({ service, method: 'GET x', path: '/', headers: [] }), TypeError);
  await assert.rejects(web.send({ service, method: 'GET', path: '/\r\nx: y', headers: [] }), TypeError);
  await rejectsWith(web.send({ service, method: 'CONNECT', path: 'payments:1', headers: [] }), 'THEMIS_CONNECTION_LOST');
  assert.equal(requests, 0);
});

test('a name may be written in full, in capitals, with a port, and with http', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => response.end(request.headers.host));
  const web = await home.join('web');
  for (const [url, host] of [
    ['https://payments.mesh.internal/', 'payments.mesh.internal'],
    ['http://PAYMENTS.Mesh.Internal./', 'payments.mesh.internal.'],
    ['http://payments:8080/', 'payments:8080'],
  ] as const) {
    assert.equal(await (await web.fetch(url)).text(), host);
  }
});

test('who looks at the status alone keeps no connection', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { server } = await home.serve('payments', (_, response) => response.end('x'.repeat(100_000)));
  const web = await home.join('web');
  for (let call = 0; call < 20; call += 1) assert.equal((await web.fetch('https://payments/')).status, 200);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))));
  await waitFor(async () => {
    collect();
    return (await connections()) <= 2;
  }, 'connections to be let go of');
});

test('an answer that breaks off fails the reading with a code', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => {
    if (request.url === '/declared') response.writeHead(200, { 'content-length': '10' });
    response.write('part', () => setTimeout(() => request.socket.destroy(), 20));
  });
  const web = await home.join('web');
  for (const path of ['/declared', '/chunked']) {
    await t.test(`${path}: as text`, async () => {
      await rejectsWith((await web.fetch(`https://payments${path}`)).text(), 'THEMIS_CONNECTION_LOST');
    });
    await t.test(`${path}: as a stream`, async () => {
      const reader = (await web.fetch(`https://payments${path}`)).body?.getReader();
      assert.ok(reader);
      assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), 'part');
      await rejectsWith(reader.read(), 'THEMIS_CONNECTION_LOST');
    });
    await t.test(`${path}: read when it had failed already`, async () => {
      const response = await web.fetch(`https://payments${path}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await rejectsWith(response.text(), 'THEMIS_CONNECTION_LOST');
    });
  }
  await t.test('read by a proxy', async () => {
    const { message } = await web.send({ service: serviceName('payments'), method: 'GET', path: '/declared', headers: [] });
    message.resume();
    const [error] = (await once(message, 'error')) as [Error];
    await rejectsWith(Promise.reject(error), 'THEMIS_CONNECTION_LOST');
  });
});
