import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { waitFor, within } from '@themis-mesh/testkit';
import type { Directory } from '@themis-mesh/directory';
import { openHomeDirectory } from '@themis-mesh/owner';
import { TestHome } from './test-home.ts';

const REASON = new Error('the caller has changed its mind');

test('a call that is aborted before it begins is not made', async () => {
  await using home = await TestHome.create('web', 'payments');
  let requests = 0;
  await home.serve('payments', (_, response) => response.end(String((requests += 1))));
  const web = await home.join('web');
  await assert.rejects(web.fetch('https://payments/', { signal: AbortSignal.abort(REASON) }), REASON);
  await assert.rejects(web.fetch('https://payments/', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  await assert.rejects(web.connect('payments', { signal: AbortSignal.abort(REASON) }));
  assert.equal(requests, 0);
});

test('a call is aborted while it waits for the directory', async () => {
  await using home = await TestHome.create('web', 'payments');
  const inner = openHomeDirectory(home.home, home.app, () => Math.floor(Date.now() / 1000));
  const asked = Promise.withResolvers<undefined>();
  const directory: Directory = {
    store: (record) => inner.store(record),
    find: (key) => inner.find(key),
    instances: () => {
      asked.resolve(undefined);
      return new Promise(() => undefined);
    },
    watch: (wanted, signal) => inner.watch(wanted, signal),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  const web = await home.join('web', { directory });
  const controller = new AbortController();
  const call = web.fetch('https://payments/', { signal: controller.signal });
  await asked.promise;
  controller.abort(REASON);
  await assert.rejects(within(call, 'the call to end'), REASON);
  await inner[Symbol.asyncDispose]();
});

test('a call is aborted while it sends, while it waits, and while its answer is read', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const calls: { request: IncomingMessage; response: ServerResponse }[] = [];
  await home.serve('payments', (request, response) => {
    request.on('error', () => undefined);
    // Who does not read does not see the end, in plain Node neither.
    request.resume();
    calls.push({ request, response });
    if (request.url === '/answer') response.write('part');
  });
  const web = await home.join('web');

  const begin = async (path: string, init: RequestInit = {}) => {
    calls.length = 0;
    const controller = new AbortController();
    const call = web.fetch(`https://payments${path}`, { ...init, signal: controller.signal });
    const { request, response } = await waitFor(() => calls[0], 'the request to arrive');
    return { controller, call, request, closed: once(response, 'close') };
  };

  await t.test('while it sends', async () => {
    let isCancelled = false;
    const body = new ReadableStream({
      pull: (stream) => stream.enqueue(new Uint8Array(1000)),
      cancel: () => void (isCancelled = true),
    });
    const { controller, call, closed } = await begin('/', { method: 'POST', body, duplex: 'half' });
    controller.abort(REASON);
    await assert.rejects(call, REASON);
    await within(closed, 'the server to see it');
    await waitFor(() => isCancelled, 'the source to hear of it');
  });
  await t.test('while it waits', async () => {
    const { controller, call, closed } = await begin('/');
    controller.abort(REASON);
    await assert.rejects(call, REASON);
    await within(closed, 'the server to see it');
  });
  await t.test('while its text is read', async () => {
    const { controller, call, closed } = await begin('/answer');
    const text = (await call).text();
    controller.abort(REASON);
    await assert.rejects(text, REASON);
    await within(closed, 'the server to see it');
  });
  await t.test('while its stream is read', async () => {
    const { controller, call, closed } = await begin('/answer');
    const reader = (await call).body?.getReader();
    await reader?.read();
    controller.abort(REASON);
    await assert.rejects(reader?.read() ?? Promise.resolve(), REASON);
    await within(closed, 'the server to see it');
  });
  await t.test('by a reason that is no error', async () => {
    const { controller, call } = await begin('/');
    controller.abort('enough');
    assert.equal(await call.catch((reason: unknown) => reason), 'enough');
  });
  await t.test('by a deadline', async () => {
    await assert.rejects(web.fetch('https://payments/', { signal: AbortSignal.timeout(30) }), { name: 'TimeoutError' });
  });
  await t.test('by whoever cancels its stream', async () => {
    const { call, closed } = await begin('/answer');
    await (await call).body?.cancel();
    await within(closed, 'the server to see it');
  });
});

test('a signal that lives long collects no listeners', async () => {
  await using home = await TestHome.create('web', 'payments');
  await home.serve('payments', (_, response) => response.end('x'));
  const web = await home.join('web');
  const controller = new AbortController();
  const warnings: unknown[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  for (let call = 0; call < 30; call += 1) {
    await (await web.fetch('https://payments/', { signal: controller.signal })).text();
    await web.fetch('https://web/', { signal: controller.signal }).catch(() => undefined);
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  assert.deepEqual(warnings, []);
});
