import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import type { Mesh } from '@themis-mesh/mesh';
import { rejectsWith } from './expect-code.ts';
import { TestHome } from './test-home.ts';

/** `/to?status=S&location=L` redirects; anything else says what it was asked. */
async function redirecting(home: TestHome): Promise<{ readonly web: Mesh; readonly seen: string[] }> {
  const seen: string[] = [];
  await home.serve('payments', (request, response) => {
    void textOf(request).then((body) => {
      seen.push(`${request.method} ${request.url}`);
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://payments');
      if (pathname === '/to') {
        const location = searchParams.get('location');
        response.writeHead(Number(searchParams.get('status')), location === null ? {} : { location });
        response.end('moved');
      } else {
        const { 'content-type': type, 'content-length': length, 'x-mine': mine } = request.headers;
        response.end(JSON.stringify({ method: request.method, url: request.url, type, length, mine, body }));
      }
    });
  });
  return { web: await home.join('web'), seen };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function to(status: number, location: string): string {
  return `https://payments/to?status=${status}&location=${encodeURIComponent(location)}`;
}

test('redirects within a service are followed, with the method that the standard asks for', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const { web } = await redirecting(home);
  const cases = [
    [301, 'GET', 'GET'],
    [301, 'POST', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'POST', 'GET'],
    [302, 'DELETE', 'DELETE'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
  ] as const;
  for (const [status, before, after] of cases) {
    await t.test(`${status} turns ${before} into ${after}`, async () => {
      const hasBody = before !== 'GET' && before !== 'HEAD';
      const headers = { 'x-mine': '1', ...(hasBody ? { 'content-type': 'a/b' } : {}) };
      const body = hasBody ? { body: 'bytes' } : {};
      const response = await web.fetch(to(status, '/next?a=1'), { method: before, headers, ...body });
      assert.equal(response.url, 'https://payments/next?a=1');
      assert.equal(response.redirected, true);
      if (after === 'HEAD') return;
      const said = (await response.json()) as Record<string, unknown>;
      const keepsBody = hasBody && after === before;
      const expected = keepsBody ? { type: 'a/b', length: '5', body: 'bytes' } : { body: '' };
      assert.deepEqual(said, { method: after, url: '/next?a=1', mine: '1', ...expected });
    });
  }
});

test('a location may be relative, absolute, or the same service by another of its names', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { web } = await redirecting(home);
  for (const [location, url] of [
    ['next', 'https://payments/next'],
    ['//payments/next', 'https://payments/next'],
    ['http://payments.mesh.internal/next#part', 'http://payments.mesh.internal/next'],
  ] as const) {
    assert.equal((await web.fetch(to(302, location))).url, url);
  }
});

test('a redirect to anybody else is refused', async () => {
  await using home = await TestHome.create('web', 'payments', 'orders');
  const { web } = await redirecting(home);
  let reached = 0;
  await home.serve('orders', (_, response) => response.end(String((reached += 1))));
  for (const location of [
    'https://orders/',
    'https://orders.mesh.internal/',
    'https://example.com/',
    'http://127.0.0.1:1/',
    'ftp://payments/',
    'data:text/plain,hello',
    'https://payments.orders/',
  ]) {
    await rejectsWith(web.fetch(to(307, location)), 'THEMIS_REDIRECT_REFUSED');
  }
  assert.equal(reached, 0);
});

test('manual and error are as the caller asks', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { web, seen } = await redirecting(home);
  const manual = await web.fetch(to(302, 'https://orders/'), { redirect: 'manual' });
  assert.deepEqual([manual.status, manual.headers.get('location'), await manual.text()], [302, 'https://orders/', 'moved']);
  await assert.rejects(web.fetch(to(302, '/next'), { redirect: 'error' }), TypeError);
  assert.equal(seen.length, 2);
});

test('what looks like a redirect and is none is an answer', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { web } = await redirecting(home);
  assert.equal((await web.fetch('https://payments/to?status=302')).status, 302);
  assert.equal((await web.fetch(to(300, '/next'))).status, 300);
  assert.equal((await web.fetch(to(304, '/next'))).status, 304);
});

test('a loop ends, and a location that is none fails', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { web } = await redirecting(home);
  let hops = 0;
  await using other = await TestHome.create('web', 'orders');
  await other.serve('orders', (_, response) => {
    hops += 1;
    response.writeHead(302, { location: '/again' }).end();
  });
  const caller = await other.join('web');
  await assert.rejects(caller.fetch('https://orders/'), /more than 20 redirects/);
  assert.equal(hops, 21);
  await assert.rejects(web.fetch(to(302, 'https://payments:port/')), TypeError);
});

test('a body that was a stream cannot be sent a second time, unless the redirect asks for none', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { web } = await redirecting(home);
  const post = (url: string): Promise<Response> =>
    web.fetch(url, { method: 'POST', body: new Blob(['once']).stream(), duplex: 'half' });
  await assert.rejects(post(to(307, '/next')), TypeError);
  assert.equal(((await (await post(to(303, '/next'))).json()) as { method: string }).method, 'GET');
});
