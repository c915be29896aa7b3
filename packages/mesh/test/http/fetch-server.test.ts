import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { reply, replyJson, type FetchHandler, type MeshServer } from '@themis-mesh/mesh';
import { waitFor, within } from '@themis-mesh/testkit';
import { Hono } from 'hono';
import { TestHome } from '../test-home.ts';

async function serve(home: TestHome, handler: FetchHandler): Promise<MeshServer> {
  const mesh = await home.join('payments');
  const server = mesh.createFetchServer(handler);
  server.listen(0);
  await once(server, 'listening');
  return server;
}

test('a handler is told what was asked, and by whom', async () => {
  await using home = await TestHome.create('web', 'payments');
  await serve(home, async (request) => {
    assert.ok(request instanceof Request);
    const { method, url, peer } = request;
    return replyJson([method, url, peer.name, request.header('x-a'), request.headers.get('x-a'), await request.text()]);
  });
  const web = await home.join('web');
  const answer = await web.fetch('https://payments/a?b=c', { method: 'POST', headers: { 'x-a': '1' }, body: 'body' });
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.deepEqual(await answer.json(), ['POST', 'https://payments/a?b=c', 'web', '1', '1', 'body']);
});

test('replies and Responses of all kinds arrive as they are', async () => {
  await using home = await TestHome.create('web', 'payments');
  const stream = (): ReadableStream =>
    new ReadableStream({
      async start(controller) {
        for (const piece of ['one;', 'two;', 'three']) {
          controller.enqueue(Buffer.from(piece));
          await new Promise((resolve) => setImmediate(resolve));
        }
        controller.close();
      },
    });
  const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
    '/text': () => reply('text', { status: 201, headers: { 'x-a': '1' } }),
    '/bytes': () => reply(Buffer.from([0xff, 0x00])),
    '/empty': () => reply(null, { status: 204 }),
    '/nothing': () => reply(),
    '/response': () =>
      new Response('response', {
        status: 404,
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      }),
    '/stream': () => new Response(stream()),
    '/later': () => new Promise((resolve) => setTimeout(() => resolve(reply('later')), 20)),
    '/looked-into': () => {
      const answer = reply('looked into');
      answer.headers.set('x-set', 'after');
      return answer;
    },
    '/clone': () => reply('clone').clone(),
  };
  await serve(home, (request) => answers[new URL(request.url).pathname]?.() ?? reply('nowhere', { status: 404 }));
  const web = await home.join('web');
  const get = async (path: string): Promise<readonly unknown[]> => {
    const answer = await web.fetch(`https://payments${path}`);
    return [answer.status, await answer.text(), answer.headers];
  };
  const seen = await Promise.all(Object.keys(answers).map(get));
  assert.deepEqual(
    seen.map(([status, text]) => [status, text]),
    [
      [201, 'text'],
      [200, '\ufffd\0'],
      [204, ''],
      [200, ''],
      [404, 'response'],
      [200, 'one;two;three'],
      [200, 'later'],
      [200, 'looked into'],
      [200, 'clone'],
    ],
  );
  const headers = (index: number): Headers => seen[index]?.[2] as Headers;
  assert.equal(headers(0).get('x-a'), '1');
  assert.equal(headers(0).get('content-type'), 'text/plain;charset=UTF-8');
  assert.equal(headers(2).get('content-length'), null);
  assert.deepEqual(headers(4).getSetCookie(), ['a=1', 'b=2']);
  assert.equal(headers(7).get('x-set'), 'after');
  for (const [, , all] of seen) assert.match(String((all as Headers).get('date')), /GMT$/);
  const head = await web.fetch('https://payments/text', { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [201, '4', '']);
});

test('what a handler throws is a 500, is told, and ends nothing else', async () => {
  await using home = await TestHome.create('web', 'payments');
  const server = await serve(home, (request) => {
    if (request.url.endsWith('/sync')) throw new Error('sync');
    if (request.url.endsWith('/async')) return Promise.reject(new Error('async'));
    if (request.url.endsWith('/bad')) return reply('x', { headers: { 'x-a': 'line\nbreak' } });
    if (!request.url.endsWith('/middle')) return reply('well');
    return new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('begun;')),
        pull: (controller) => controller.error(new Error('middle')),
      }),
    );
  });
  const told: string[] = [];
  server.on('handlerError', (error: Error) => told.push(error.message));
  const web = await home.join('web');
  for (const path of ['/sync', '/async', '/bad']) assert.equal((await web.fetch(`https://payments${path}`)).status, 500);
  await assert.rejects(web.fetch('https://payments/middle').then((answer) => answer.text()));
  assert.equal(await (await web.fetch('https://payments/')).text(), 'well');
  await waitFor(() => told.length === 4, 'all to be told');
  assert.deepEqual([told[0], told[1], told[3]], ['sync', 'async', 'middle']);
});

test('a caller that leaves aborts the signal, and ends the stream of the answer', async () => {
  await using home = await TestHome.create('web', 'payments');
  const aborted = Promise.withResolvers<string>();
  const cancelled = Promise.withResolvers<string>();
  await serve(home, (request) => {
    request.signal.addEventListener('abort', () => aborted.resolve('aborted'));
    const pull = (controller: ReadableStreamDefaultController): void => controller.enqueue(Buffer.alloc(1024));
    return new Response(new ReadableStream({ pull, cancel: () => cancelled.resolve('cancelled') }));
  });
  const web = await home.join('web');
  const answer = await web.fetch('https://payments/');
  await answer.body?.cancel();
  assert.equal(await within(aborted.promise, 'the signal'), 'aborted');
  assert.equal(await within(cancelled.promise, 'the stream to be cancelled'), 'cancelled');
});

test('a body streams in, at the pace of whoever reads it', async () => {
  await using home = await TestHome.create('web', 'payments');
  await serve(home, async (request) => {
    let bytes = 0;
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) bytes += chunk.length;
    return reply(String(bytes));
  });
  const web = await home.join('web');
  let left = 40;
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(65_536));
      else controller.close();
    },
  });
  const answer = await web.fetch('https://payments/', { method: 'POST', body, duplex: 'half' });
  assert.equal(await answer.text(), String(40 * 65_536));
});

test('stock clients over HTTP/1.1 are served by the same handler', async () => {
  await using home = await TestHome.create('web', 'payments');
  const server = await serve(home, async (request) => reply(`${request.method} ${request.peer.name} ${await request.text()}`));
  const { socket } = await home.channel('web', server.address()?.port ?? 0, 'http/1.1');
  socket.write('POST / HTTP/1.1\r\nhost: payments\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(text, /POST web hi/);
});

test('Hono is served as it is', async () => {
  await using home = await TestHome.create('web', 'payments');
  const app = new Hono();
  app.get('/hello/:name', (context) => context.json({ hello: context.req.param('name'), query: context.req.query('q') }));
  app.post('/echo', async (context) => context.text(`${context.req.header('x-a')} ${await context.req.text()}`, 201));
  await serve(home, (request) => app.fetch(request));
  const web = await home.join('web');
  assert.deepEqual(await (await web.fetch('https://payments/hello/you?q=1')).json(), { hello: 'you', query: '1' });
  const echo = await web.fetch('https://payments/echo', { method: 'POST', body: 'body', headers: { 'x-a': '1' } });
  assert.deepEqual([echo.status, await echo.text()], [201, '1 body']);
  assert.equal((await web.fetch('https://payments/nowhere')).status, 404);
});
