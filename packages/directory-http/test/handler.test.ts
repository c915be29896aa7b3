import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Peer } from '@themis-mesh/core';
import { openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { createDirectoryHandler, PATHS, type DirectoryHandler, type DirectoryHandlerOptions } from '@themis-mesh/directory-http';
import { ManualClock, Signers, storeAll, within } from '@themis-mesh/testkit';
import { OPEN, serveDirectory } from './http-nodes.ts';
import { findBody, storeBody, watchBody } from '../src/wire/requests.ts';

async function world(
  options: DirectoryHandlerOptions = OPEN,
): Promise<{ signers: Signers; truth: Directory; handler: DirectoryHandler }> {
  const signers = await Signers.create();
  const truth = openMemoryDirectory({ now: () => signers.now });
  return { signers, truth, handler: createDirectoryHandler(truth, options) };
}

function post(path: string, body: Uint8Array | string, init: RequestInit = {}): Request {
  return new Request(`http://node${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : Uint8Array.from(body),
    ...init,
  });
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error?: { code: string } };
  return `${response.status} ${error?.code ?? 'ok'}`;
}

function peer(name: string | undefined, alias?: string): Peer {
  return { id: `id-of-${name ?? 'stranger'}`, name, alias } as unknown as Peer;
}

test('what is no question has a coded answer', async () => {
  const { handler } = await world();
  assert.equal(await codeOf(await handler(post('/elsewhere', '{}'))), '404 path-unknown');
  assert.equal(await codeOf(await handler(post(`${PATHS.find}/`, '{}'))), '404 path-unknown');
  assert.equal(await codeOf(await handler(new Request(`http://node${PATHS.find}`))), '405 method');
  assert.equal(await codeOf(await handler(post(PATHS.find, '{}'))), '400 malformed');
  assert.equal(await codeOf(await handler(post(PATHS.find, 'x'.repeat(10_000)))), '413 too-large');
});

test('fields that are unknown are refused, and an extension is passed over', async () => {
  const { signers, handler } = await world();
  const { key } = signers.history();
  const said = (more: object): string => JSON.stringify({ ...more, key: { id: key.id, kind: key.kind } });
  assert.equal(await codeOf(await handler(post(PATHS.find, said({ also: 1 })))), '400 malformed');
  assert.equal(await codeOf(await handler(post(PATHS.find, said({ ext: { later: 1 } })))), '200 ok');
  assert.equal(await codeOf(await handler(post(PATHS.find, ` ${said({})}`))), '400 malformed');
});

test('members store, and nobody else', async () => {
  const { signers, handler } = await world({});
  const body = storeBody(signers.history());
  const as = async (caller: Peer | undefined): Promise<string> => codeOf(await handler(post(PATHS.store, body), caller));
  assert.equal(await as(undefined), '403 forbidden');
  assert.equal(await as(peer(undefined)), '403 forbidden', 'a stranger');
  assert.equal(await as(peer('web.shop', 'shop')), '403 forbidden', 'a member of another app');
  assert.equal(await as(peer('web')), '200 ok');
  assert.equal(await codeOf(await handler(post(PATHS.find, findBody(signers.history().key)))), '200 ok', 'all read');
});

test('records of a kind that is open are taken from anybody', async () => {
  const { signers, handler } = await world({ openKinds: ['history'] });
  assert.equal(await codeOf(await handler(post(PATHS.store, storeBody(signers.history())))), '200 ok');
  assert.equal(await codeOf(await handler(post(PATHS.store, storeBody(signers.charter())))), '403 forbidden');
});

test('a caller has its rate, and others have theirs', async () => {
  const clock = new ManualClock();
  const limits = { perCaller: { perSecond: 2, burst: 3 } };
  const { signers, handler } = await world({ limits, clock });
  const ask = async (caller: string): Promise<string> =>
    codeOf(await handler(post(PATHS.find, findBody(signers.history().key)), peer(caller)));
  for (let call = 0; call < 3; call += 1) assert.equal(await ask('web'), '200 ok');
  assert.equal(await ask('web'), '429 too-many');
  assert.equal(await ask('orders'), '200 ok');
  clock.advance(500);
  assert.equal(await ask('web'), '200 ok');
  assert.equal(await ask('web'), '429 too-many');
});

test('a watch waits for what the caller does not have, for as long as it says', async () => {
  const clock = new ManualClock();
  const { signers, truth, handler } = await world({ ...OPEN, clock });
  const watched = signers.charter().key;
  const watch = (have: readonly string[], wait: number): Promise<Response> =>
    handler(post(PATHS.watch, watchBody({ watched, have, wait })));
  const none = (await (await watch([], 0)).json()) as { records: unknown[] };
  assert.deepEqual(none.records, []);
  const waiting = watch([], 25);
  await new Promise((resolve) => setImmediate(resolve));
  await storeAll(truth, signers.charter());
  const gathers = setInterval(() => clock.advance(1), 1);
  const told = (await (await within(waiting)).json()) as { records: { record: string }[] };
  clearInterval(gathers);
  assert.equal(told.records[0]?.record, Buffer.from(signers.charter().bytes).toString('base64url'));
});

test('so many watches wait and no more, and they end with the node', async () => {
  const ended = new AbortController();
  const { signers, handler } = await world({ ...OPEN, limits: { watchersPerCaller: 2, watchers: 3 }, signal: ended.signal });
  const watch = (caller: string): Promise<Response> =>
    handler(post(PATHS.watch, watchBody({ watched: signers.charter().key, have: [], wait: 25 })), peer(caller));
  const waiting = [watch('web'), watch('web')];
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await codeOf(await within(watch('web'))), '429 too-many');
  waiting.push(watch('orders'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await codeOf(await within(watch('payments'))), '429 too-many');
  ended.abort();
  for (const response of await within(Promise.all(waiting))) assert.equal(response.status, 200);
  assert.equal(await codeOf(await within(watch('web'))), '503 unavailable', 'and begin no more');
});

test('a caller that goes away gives its place up', async (t) => {
  const { signers, truth } = await world();
  const url = await serveDirectory(t, truth, { ...OPEN, limits: { watchersPerCaller: 1 } });
  const body = Uint8Array.from(watchBody({ watched: signers.charter().key, have: [], wait: 25 }));
  for (let round = 0; round < 5; round += 1) {
    const gone = new AbortController();
    const waiting = fetch(new URL(`.${PATHS.watch}`, url), { method: 'POST', body, signal: gone.signal }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    gone.abort();
    assert.equal(await waiting, undefined, 'it was waiting, not turned away');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test('a directory that does not answer, or throws, is said to be unavailable', async () => {
  const { signers } = await world();
  const broken = openMemoryDirectory();
  await broken[Symbol.asyncDispose]();
  const handler = createDirectoryHandler(broken, OPEN);
  assert.equal(await codeOf(await handler(post(PATHS.find, findBody(signers.history().key)))), '503 unavailable');
});

test('whatever is sent has an answer', async () => {
  const { signers, handler } = await world({ ...OPEN, limits: { perCaller: { perSecond: 1e9, burst: 1e9 } } });
  const { key } = await signers.instance(1);
  const almost = fc.record(
    {
      key: fc.oneof(fc.constant(key), fc.object()),
      watched: fc.constantFrom(key, { kind: 'instances', id: key.id }, {}),
      id: fc.constantFrom<unknown>(key.id, 'x', 1),
      record: fc.oneof(fc.base64String(), fc.constant('')),
      have: fc.array(fc.string()),
      wait: fc.constantFrom(0, -1, 26, 0.5),
      ext: fc.object(),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    almost.map((json) => JSON.stringify(json)),
    fc.json(),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.values(PATHS)), body, async (path, text) => {
      const response = await handler(post(path, text));
      assert.ok([200, 400, 413].includes(response.status), String(response.status));
    }),
    { numRuns: 500 },
  );
});
