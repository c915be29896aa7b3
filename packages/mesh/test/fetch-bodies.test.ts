import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { waitFor } from '@themis-mesh/testkit';
import { serviceName, TestHome } from './test-home.ts';

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What an echo says of a request. */
interface Echo {
  readonly method: string;
  readonly type: string | undefined;
  readonly length: string | undefined;
  readonly coding: string | undefined;
  readonly body: string;
}

async function echoing(home: TestHome): Promise<(init: RequestInit) => Promise<Echo>> {
  await home.serve('payments', (request, response) => {
    void bytesOf(request).then((body) => {
      const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = request.headers;
      response.end(JSON.stringify({ method: request.method, type, length, coding, body: body.toString('latin1') }));
    });
  });
  const web = await home.join('web');
  return async (init) => (await (await web.fetch('https://payments/echo', { method: 'POST', ...init })).json()) as Echo;
}

test('every kind of body arrives as the global fetch would send it', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const echo = await echoing(home);
  const bytes = Uint8Array.from([0, 1, 127, 128, 255]);
  const asText = Buffer.from(bytes).toString('latin1');

  await t.test('a string', async () => {
    const { type, length, body } = await echo({ body: 'grüß' });
    const sent = Buffer.from('grüß').toString('latin1');
    assert.deepEqual({ type, length, body }, { type: 'text/plain;charset=UTF-8', length: '6', body: sent });
  });
  await t.test('a string with a type of its own', async () => {
    assert.equal((await echo({ body: '{}', headers: { 'Content-Type': 'application/json' } })).type, 'application/json');
  });
  await t.test('bytes', async () => {
    const { type, length, body } = await echo({ body: bytes });
    assert.deepEqual({ type, length, body }, { type: undefined, length: '5', body: asText });
  });
  await t.test('a part of a buffer', async () => {
    assert.equal((await echo({ body: new Uint8Array(bytes.buffer, 1, 3) })).body, asText.slice(1, 4));
  });
  await t.test('an ArrayBuffer', async () => {
    assert.equal((await echo({ body: bytes.buffer })).body, asText);
  });
  await t.test('URLSearchParams', async () => {
    const { type, length, body } = await echo({ body: new URLSearchParams({ a: '1 2', b: '&' }) });
    const wanted = { type: 'application/x-www-form-urlencoded;charset=UTF-8', length: '11', body: 'a=1+2&b=%26' };
    assert.deepEqual({ type, length, body }, wanted);
  });
  await t.test('FormData', async () => {
    const form = new FormData();
    form.set('field', 'value');
    form.set('file', new Blob([bytes], { type: 'image/png' }), 'pixel.png');
    const { type, body } = await echo({ body: form });
    const parsed = await new Response(Buffer.from(body, 'latin1'), { headers: { 'content-type': type ?? '' } }).formData();
    assert.equal(parsed.get('field'), 'value');
    const file = parsed.get('file');
    assert.ok(file instanceof Blob);
    assert.deepEqual(new Uint8Array(await file.arrayBuffer()), bytes);
  });
  await t.test('a Blob', async () => {
    const { type, body } = await echo({ body: new Blob([bytes], { type: 'image/png' }) });
    assert.deepEqual({ type, body }, { type: 'image/png', body: asText });
  });
  await t.test('a ReadableStream', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 2));
        controller.enqueue(bytes.subarray(2));
        controller.close();
      },
    });
    const { length, coding, body: said } = await echo({ body, duplex: 'half' });
    assert.deepEqual({ length, coding, said }, { length: undefined, coding: 'chunked', said: asText });
  });
  await t.test('an async iterable', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 3);
      yield bytes.subarray(3);
    }
    assert.equal((await echo({ body: chunks(), duplex: 'half' })).body, asText);
  });
  await t.test('a Request', async () => {
    const request = new Request('https://payments/echo', { method: 'PUT', body: 'whole', headers: { 'content-type': 'a/b' } });
    await using other = await TestHome.create('web', 'payments');
    await other.serve('payments', (incoming, response) => {
      const { method, headers } = incoming;
      void bytesOf(incoming).then((body) => response.end(`${method} ${headers['content-type']} ${body.toString()}`));
    });
    const web = await other.join('web');
    assert.equal(await (await web.fetch(request)).text(), 'PUT a/b whole');
  });
  await t.test('none, with a method that has one', async () => {
    const { length, coding, body } = await echo({});
    assert.deepEqual({ length, coding, body }, { length: '0', coding: undefined, body: '' });
  });
  await t.test('none, with a method that has none', async () => {
    const { length, coding } = await echo({ method: 'GET' });
    assert.deepEqual({ length, coding }, { length: undefined, coding: undefined });
  });
  await t.test('a stream with DELETE, which Node would send without any framing', async () => {
    const body = new Blob(['GET /smuggled HTTP/1.1\r\nhost: payments\r\n\r\n']).stream();
    const said = await echo({ method: 'DELETE', body, duplex: 'half' });
    assert.deepEqual({ coding: said.coding, begins: said.body.slice(0, 13) }, { coding: 'chunked', begins: 'GET /smuggled' });
  });
});

test('what the caller changes in its bytes after the call is not sent', async () => {
  await using home = await TestHome.create('web', 'payments');
  const echo = await echoing(home);
  const bytes = Buffer.from('before');
  const call = echo({ body: bytes });
  bytes.write('AFTER!');
  assert.equal((await call).body, 'before');
  const buffer = new TextEncoder().encode('before').buffer;
  const second = echo({ body: buffer });
  new Uint8Array(buffer).fill(65);
  assert.equal((await second).body, 'before');
});

test('fields about the connection and the framing are ours, whatever the caller writes', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => {
    void bytesOf(request).then((body) => response.end(JSON.stringify([request.rawHeaders, body.toString()])));
  });
  const web = await home.join('web');
  const headers = {
    Host: 'victim',
    'Content-Length': '3',
    'Transfer-Encoding': 'identity',
    Connection: 'close, x-mine',
    Upgrade: 'other',
    Expect: '100-continue',
    TE: 'trailers',
    Trailer: 'x-later',
    'Keep-Alive': 'timeout=1',
    'X-Mine': 'kept',
  };
  const response = await web.fetch('https://payments/', { method: 'POST', headers, body: 'six by' });
  const [raw, body] = (await response.json()) as [string[], string];
  const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  assert.equal(body, 'six by');
  assert.deepEqual(names.sort(), ['content-length', 'content-type', 'host', 'x-mine']);
  assert.equal(raw[raw.findIndex((name) => name.toLowerCase() === 'host') + 1], 'payments');
  assert.equal(raw[raw.findIndex((name) => name.toLowerCase() === 'content-length') + 1], '6');
});

test('both directions stream at once', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (request, response) => {
    response.writeHead(200);
    response.flushHeaders();
    request.on('data', (chunk: Buffer) => response.write(`<${chunk.toString()}>`));
    request.on('end', () => response.end('.'));
  });
  const web = await home.join('web');
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const response = await web.fetch('https://payments/', { method: 'POST', body: readable, duplex: 'half' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  for (const word of ['one', 'two', 'three']) {
    void writer.write(new TextEncoder().encode(word));
    assert.equal((await reader.read()).value, `<${word}>`);
  }
  void writer.close();
  assert.equal((await reader.read()).value, '.');
  assert.equal((await reader.read()).done, true);
});

test('a slow reader slows the sender down, in both directions', async () => {
  await using home = await TestHome.create('web', 'payments');
  let incoming: IncomingMessage | undefined;
  let answered = 0;
  await home.serve('payments', (request, response) => {
    if (request.url === '/down') {
      const source = new Readable({
        read() {
          answered += 65_536;
          this.push(answered > 50_000_000 ? null : Buffer.alloc(65_536));
        },
      });
      source.pipe(response);
      response.on('close', () => source.destroy());
    } else {
      incoming = request;
      request.pause();
      request.on('end', () => response.end('done'));
    }
  });
  const web = await home.join('web');

  const response = await web.fetch('https://payments/down');
  const reader = response.body?.getReader();
  await reader?.read();
  await settled(() => answered);
  assert.ok(answered < 20_000_000, `${answered} bytes were made for a reader that took one chunk`);
  await reader?.cancel();

  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulled += 65_536;
      controller.enqueue(new Uint8Array(65_536));
      if (pulled >= 50_000_000) controller.close();
    },
  });
  const call = web.fetch('https://payments/up', { method: 'POST', body, duplex: 'half' });
  await waitFor(() => incoming);
  await settled(() => pulled);
  assert.ok(pulled < 20_000_000, `${pulled} bytes were pulled for a server that read none`);
  incoming?.resume();
  assert.equal(await (await call).text(), 'done');
});

test('a body that is shorter or longer than it was declared fails the call, and nothing is left on the connection', async () => {
  await using home = await TestHome.create('web', 'payments');
  const seen: string[] = [];
  await home.serve('payments', (request, response) => {
    request.on('error', () => undefined);
    request.resume();
    request.on('end', () => {
      seen.push(`${request.method} ${request.url}`);
      response.end();
    });
  });
  const web = await home.join('web');
  const service = serviceName('payments');
  for (const [declared, wrong] of [
    ['4', 'short'],
    ['50', 'long'],
  ] as const) {
    const text = wrong === 'short' ? 'abcdGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n' : 'abcd';
    const body = Readable.from([Buffer.from(text)]);
    const call = web.send({ service, method: 'POST', path: '/', headers: ['content-length', declared], body });
    await assert.rejects(call, /than the \d+ bytes declared/);
    assert.equal(body.destroyed, true);
  }
  assert.equal((await web.fetch('https://payments/after')).status, 200);
  assert.deepEqual(seen, ['GET /after']);
});

test('a body whose source fails fails the call with its own error, and the server sees it broken off', async () => {
  await using home = await TestHome.create('web', 'payments');
  const broken = Promise.withResolvers<string>();
  await home.serve('payments', (request) => {
    request.on('error', (error: NodeJS.ErrnoException) => broken.resolve(String(error.code)));
    request.resume();
  });
  const web = await home.join('web');
  const cause = new Error('the disk is gone');
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
    pull: async () => {
      await once(process, 'never-mind', { signal: AbortSignal.timeout(50) }).catch(() => undefined);
      throw cause;
    },
  });
  await assert.rejects(web.fetch('https://payments/', { method: 'POST', body, duplex: 'half' }), cause);
  assert.equal(await broken.promise, 'ECONNRESET');
});

/** Waits until a figure has stood still for a while. */
async function settled(figure: () => number): Promise<void> {
  let before = -1;
  await waitFor(async () => {
    const now = figure();
    const isStill = now === before;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return isStill;
  }, 'the figure to stand still');
}
