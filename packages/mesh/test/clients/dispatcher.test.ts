import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { DispatchController, DispatchHandler, Mesh } from '@themis-mesh/mesh';
import { ThemisError } from '@themis-mesh/core';
import { waitFor, within } from '@themis-mesh/testkit';
import { fetch as undiciFetch, interceptors, request, stream, type Dispatcher } from 'undici';
import { TestHome, type Served } from '../test-home.ts';

/** What the clients of these tests call. */
const listener: RequestListener = (request, response) => {
  switch (request.url) {
    case '/who':
      response.end(request.peer.name);
      break;
    case '/echo':
    case '/echo?a=1&b=2&b=3':
      response.writeHead(201, {
        'x-method': request.method,
        'x-type': request.headers['content-type'] ?? 'none',
        'x-url': request.url,
      });
      request.pipe(response);
      break;
    case '/fields':
      response.writeHead(200, 'Very Good', ['x-two', '1', 'X-Two', '2', '__proto__', 'polluted']);
      response.end(JSON.stringify(request.rawHeaders));
      break;
    case '/trailers':
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': 'done' });
      response.end();
      break;
    case '/moved':
      response.writeHead(307, { location: '/who' }).end();
      break;
    case '/hints':
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.end('behind hints'));
      break;
    case '/broken':
      response.write('some', () => response.destroy());
      break;
    case '/big':
      Readable.from(pieces(200)).pipe(response);
      break;
    case '/never':
      break;
    default:
      response.writeHead(404).end();
  }
};

function* pieces(count: number): Generator<Buffer> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(65_536, index);
}

describe('the dispatcher', () => {
  let home: TestHome;
  let web: Mesh;
  let served: Served;

  before(async () => {
    home = await TestHome.create('web', 'payments');
    served = await home.serve('payments', listener);
    web = await home.join('web');
  });

  after(() => home[Symbol.asyncDispose]());

  /** The `fetch` of Node, and that of the package: of different generations on most releases. */
  const FETCHES: Readonly<Record<string, (path: string, init?: RequestInit) => Promise<Response>>> = {
    'the global fetch': (path, init) => fetch(`https://payments${path}`, { ...init, dispatcher: web.dispatcher }),
    'the fetch of undici': (path, init) =>
      undiciFetch(`https://payments${path}`, { ...(init as object), dispatcher: packaged() }) as unknown as Promise<Response>,
  };

  /** As the types of the package see it. */
  function packaged(): Dispatcher {
    return web.dispatcher as unknown as Dispatcher;
  }

  for (const [name, call] of Object.entries(FETCHES)) {
    describe(name, () => {
      test('says who calls', async () => {
        assert.equal(await (await call('/who')).text(), 'web');
      });

      test('sends bodies of all kinds', async () => {
        const form = new FormData();
        form.set('a', 'b');
        const bodies: readonly [NonNullable<RequestInit['body']>, RegExp, RegExp][] = [
          ['text', /^text\/plain;charset=UTF-8$/, /^text$/],
          [Buffer.from('bytes'), /^none$/, /^bytes$/],
          [new URLSearchParams({ a: 'b' }), /^application\/x-www-form-urlencoded/, /^a=b$/],
          [new Blob(['blob'], { type: 'text/x-blob' }), /^text\/x-blob$/, /^blob$/],
          [Readable.toWeb(Readable.from(['str', 'eam'])), /^none$/, /^stream$/],
        ];
        for (const [body, type, said] of bodies) {
          const response = await call('/echo', { method: 'POST', body, duplex: 'half' });
          assert.equal(response.status, 201);
          assert.match(response.headers.get('x-type') ?? '', type);
          assert.match(await response.text(), said);
        }
      });

      test('reads heads and bodies, and follows redirects', async () => {
        const response = await call('/fields', { headers: { 'x-a': 'ä'.normalize('NFC') } });
        assert.equal(response.statusText, 'Very Good');
        assert.equal(response.headers.get('x-two'), '1, 2');
        const fields = (await response.json()) as readonly string[];
        assert.equal(fields.filter((field) => field.toLowerCase() === 'host').length, 1);
        assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
        const moved = await call('/moved');
        assert.equal(await moved.text(), 'web');
        assert.equal(moved.redirected, true);
        assert.equal((await call('/nowhere')).status, 404);
        assert.equal((await call('/who', { method: 'HEAD' })).status, 200);
      });

      test('reads at the pace of the reader', async () => {
        const response = await call('/big');
        const reader = (response.body as ReadableStream<Uint8Array>).getReader();
        let length = 0;
        for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) length += chunk.value.length;
        assert.equal(length, 200 * 65_536);
      });

      test('is aborted before and behind the head', async () => {
        await assert.rejects(call('/never', { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
        await assert.rejects(call('/who', { signal: AbortSignal.abort() }), { name: 'AbortError' });
        const abort = new AbortController();
        const response = await call('/big', { signal: abort.signal });
        abort.abort();
        await assert.rejects(response.text(), { name: 'AbortError' });
      });

      test('fails with the reason', async () => {
        await assert.rejects(call('/broken').then((response) => response.text()));
        const failure = await fetchFrom('https://nobody/').catch((error: unknown) => error);
        assert.ok(failure instanceof TypeError && ThemisError.is(failure.cause, 'THEMIS_NAME_UNKNOWN'), String(failure));
        const outside = await fetchFrom('https://www.example.com/').catch((error: unknown) => error);
        assert.ok(outside instanceof TypeError && ThemisError.is(outside.cause, 'THEMIS_NAME_INVALID'), String(outside));
      });

      function fetchFrom(url: string): Promise<unknown> {
        if (name === 'the global fetch') return fetch(url, { dispatcher: web.dispatcher });
        return undiciFetch(url, { dispatcher: packaged() });
      }
    });
  }

  test('undici.request, with trailers and a query', async () => {
    const { statusCode, headers, body, trailers } = await request('https://payments/trailers', { dispatcher: packaged() });
    assert.equal(statusCode, 200);
    assert.equal(headers['trailer'], 'x-sum');
    assert.equal(await body.text(), 'body');
    assert.deepEqual({ ...trailers }, { 'x-sum': 'done' });
    const query = { a: 1, b: [2, 3] };
    const echoed = await request('https://payments/echo', { dispatcher: packaged(), method: 'PUT', body: 'x', query });
    assert.equal(echoed.headers['x-method'], 'PUT');
    assert.equal(echoed.headers['x-url'], '/echo?a=1&b=2&b=3');
    assert.equal(await echoed.body.text(), 'x');
    const list = ['x-a', '1', 'X-Host', '2', 'Connection', 'close'];
    const fields = await request('https://payments/fields', { dispatcher: packaged(), headers: list });
    const sent = ((await fields.body.json()) as readonly string[]).map((text) => text.toLowerCase());
    assert.deepEqual(sent.slice(0, 4), ['x-a', '1', 'x-host', '2']);
    assert.equal(sent.includes('close'), false);
  });

  test('undici.request hears interim answers', async () => {
    const heard: number[] = [];
    const onInfo = ({ statusCode }: { readonly statusCode: number }): void => void heard.push(statusCode);
    const { body } = await request('https://payments/hints', { dispatcher: packaged(), onInfo });
    assert.equal(await body.text(), 'behind hints');
    assert.deepEqual(heard, [103]);
  });

  test('undici.request holds back who sends more than is read, and can be aborted', async () => {
    const abort = new AbortController();
    const { body } = await request('https://payments/big', { dispatcher: packaged(), signal: abort.signal });
    await waitFor(() => body.readableLength > 0, 'the first bytes');
    assert.ok(body.readableLength < 1_000_000);
    abort.abort();
    await assert.rejects(buffer(body));
  });

  test('undici.stream', async () => {
    const parts: Buffer[] = [];
    const { Writable } = await import('node:stream');
    const sink = new Writable({
      write(chunk: Buffer, _, done) {
        parts.push(chunk);
        setImmediate(done);
      },
    });
    await stream('https://payments/big', { dispatcher: packaged(), method: 'GET' }, () => sink);
    assert.equal(Buffer.concat(parts).length, 200 * 65_536);
  });

  test('interceptors of undici stand before it', async () => {
    const composed = web.dispatcher.compose(interceptors.redirect({ maxRedirections: 3 }) as never);
    const { body } = await request('https://payments/moved', { dispatcher: composed as unknown as Dispatcher });
    assert.equal(await body.text(), 'web');
  });

  test('handlers of both generations hear the same', async () => {
    const old: string[] = [];
    const young: string[] = [];
    const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const oldHandler: DispatchHandler = {
      onConnect: () => void old.push('start'),
      onHeaders: (status, fields, resume) => {
        old.push(`${status} ${fields.filter((_, index) => index % 2 === 0).join(',')}`.toLowerCase());
        setImmediate(resume);
        return false;
      },
      onData: (chunk) => {
        old.push(String(chunk));
        return true;
      },
      onComplete: (trailers) => {
        old.push(trailers.join('='));
        first.resolve(undefined);
      },
      onError: first.reject,
    };
    const newHandler: DispatchHandler = {
      onRequestStart: () => void young.push('start'),
      onResponseStart: (controller, status, fields) => {
        young.push(`${status} ${Object.keys(fields).join(',')}`);
        controller.pause();
        setImmediate(() => {
          controller.resume();
        });
      },
      onResponseData: (_, chunk) => void young.push(String(chunk)),
      onResponseEnd: (_, trailers) => {
        young.push(Object.entries(trailers).join().replace(',', '='));
        second.resolve(undefined);
      },
      onResponseError: (_, error) => {
        second.reject(error);
      },
    };
    const options = { origin: 'https://payments', path: '/trailers', method: 'GET' };
    assert.equal(web.dispatcher.dispatch(options as never, oldHandler as never), true);
    assert.equal(web.dispatcher.dispatch(options as never, newHandler as never), true);
    await within(Promise.all([first.promise, second.promise]));
    assert.deepEqual(young, old);
    assert.deepEqual([old[0], old.slice(2)], ['start', ['body', 'x-sum=done']]);
  });

  test('a request that is aborted at its start is never sent', async () => {
    let requests = 0;
    const count = (): void => void (requests += 1);
    served.server.on('request', count);
    const failed = new Promise<Error>((resolve) => {
      const handler: DispatchHandler = {
        onRequestStart: (controller: DispatchController) => {
          controller.abort(new Error('never mind'));
        },
        onResponseError: (_, error) => {
          resolve(error);
        },
      };
      web.dispatcher.dispatch({ origin: 'https://payments', path: '/who', method: 'GET' }, handler as never);
    });
    assert.equal((await failed).message, 'never mind');
    await (await web.fetch('https://payments/who')).text();
    assert.equal(requests, 1);
    served.server.off('request', count);
  });

  test('an upgrade hands on the bytes of the new protocol', async () => {
    const upgrade = (_: IncomingMessage, socket: NodeJS.WritableStream): void => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\nfirst;');
      socket.end('last');
    };
    served.server.once('upgrade', upgrade);
    const said = await new Promise<string>((resolve, reject) => {
      const handler: DispatchHandler = {
        onConnect: () => undefined,
        onUpgrade: (_, __, socket) => {
          resolve(text(socket));
        },
        onError: reject,
      };
      const options = { origin: 'https://payments', path: '/', method: 'GET', upgrade: 'other' };
      web.dispatcher.dispatch(options, handler);
    });
    assert.equal(said, 'first;last');
  });

  test('a closed dispatcher ends what is under way, and begins nothing', async () => {
    const held: ServerResponse[] = [];
    const hold = (_: IncomingMessage, response: ServerResponse): void => void held.push(response);
    served.server.on('request', hold);
    const other = await home.join('web');
    const late = fetch('https://payments/never', { dispatcher: other.dispatcher });
    await waitFor(() => held.length === 1, 'the request');
    const closing = other.dispatcher.close();
    const after = fetch('https://payments/who', { dispatcher: other.dispatcher });
    await assert.rejects(after, (error: Error) => ThemisError.is(error.cause, 'THEMIS_CLOSED'));
    held[0]?.end('late');
    assert.equal(await (await late).text(), 'late');
    await within(closing);
    served.server.off('request', hold);
    const third = await home.join('web');
    const aborted = fetch('https://payments/never', { dispatcher: third.dispatcher });
    aborted.catch(() => undefined);
    await once(served.server, 'request');
    await third.dispatcher.destroy(new Error('enough'));
    await assert.rejects(aborted, (error: Error) => (error.cause as Error).message === 'enough');
    assert.equal(third.dispatcher.closed, true);
  });
});
