import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toBase64url, type Refusal, type SignedRecord } from '@themis-mesh/core';
import { openMemoryDirectory, type Directory } from '@themis-mesh/directory';
import { HttpDirectory, type HttpDirectoryOptions } from '@themis-mesh/directory-http';
import { endpointAt, expectFound, flipped, instancesOf, Signers, storeAll, Watch, within } from '@themis-mesh/testkit';
import { serve, serveDirectory } from './http-nodes.ts';
import { hangs, honest, liar, SaidNodes, says } from './said-nodes.ts';

interface World {
  readonly signers: Signers;
  readonly truth: Directory;
  readonly refusals: Refusal[];
  readonly client: (nodes: SaidNodes, options?: Partial<HttpDirectoryOptions>) => HttpDirectory;
}

async function world(): Promise<World> {
  const signers = await Signers.create();
  const truth = openMemoryDirectory({ app: signers.app.id, now: () => signers.now });
  const refusals: Refusal[] = [];
  const client: World['client'] = (transport, options) =>
    new HttpDirectory({
      ...{ nodes: transport.names, transport, app: signers.app.id, now: () => signers.now },
      // In the order in which they were named.
      ...{ chance: () => 0.5, freshMs: 0, staleMs: 0, hedgeMs: 40, timeoutMs: 400 },
      onRefused: (_node, _key, refusal) => void refusals.push(refusal),
      ...options,
    });
  return { signers, truth, refusals, client };
}

/** What a node may give for an instance's record, each with the refusal that it meets. */
async function lies(signers: Signers): Promise<readonly (readonly [string, SignedRecord, RegExp])[]> {
  const { key } = await signers.instance(5);
  const stranger = await Signers.create(signers.clock);
  const payments = signers.app.service('payments');
  const theirs = await stranger.instance(5, { of: stranger.orders });
  return [
    ['under another key', { key, bytes: (await signers.instance(5, { of: payments })).bytes }, /^record-key$/],
    ['of another instance', { key, bytes: (await signers.instance(5, { instance: 'i2' })).bytes }, /^record-key$/],
    ['of another app', { key, bytes: (await signers.instance(5, { app: stranger.app.id })).bytes }, /^record-other-app$/],
    ['of another identity', { key, bytes: theirs.bytes }, /^record-key$/],
    ['oversized', { key, bytes: Buffer.alloc(40_000, 32) }, /^statement-too-large$/],
    ['changed in a bit', flipped(await signers.instance(5), 901), /./],
    ['junk', { key, bytes: Buffer.from('junk') }, /^statement-/],
    ['of another kind', { key, bytes: signers.history().bytes }, /^statement-/],
  ];
}

test('a node that lies has another one asked, whatever the lie', async () => {
  const { signers, truth, refusals, client } = await world();
  const record = await signers.instance(5);
  await storeAll(truth, signers.history(), record);
  for (const [what, lie, refusal] of await lies(signers)) {
    refusals.length = 0;
    const nodes = new SaidNodes().set('liar', honest(liar(lie, signers.history()))).set('honest', honest(truth));
    await using directory = client(nodes);
    await expectFound(directory, record);
    assert.deepEqual(nodes.asked, ['liar', 'honest'], what);
    assert.match(refusals[0]?.code ?? 'none', refusal, what);
    assert.deepEqual(await instancesOf(directory, signers.orders), ['i1'], what);
  }
});

test('where all nodes lie the answer is an error', async () => {
  const { signers, client } = await world();
  for (const [what, lie] of await lies(signers)) {
    const node = honest(liar(lie, signers.history()));
    await using directory = client(new SaidNodes().set('a', node).set('b', node).set('c', node));
    const answer = await directory.find(lie.key);
    assert.equal(answer.outcome, 'unavailable', what);
    assert.ok(answer.outcome === 'unavailable' && answer.error.code === 'THEMIS_DIRECTORY_UNAVAILABLE');
    assert.equal((await directory.instances(signers.orders.id)).outcome, 'unavailable', what);
  }
});

test('a replayed older record is never returned, and what was seen before is marked with its age', async () => {
  const { signers, truth, client } = await world();
  const leaf = await signers.app.leaf('orders');
  const [older, newer] = [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })];
  await storeAll(truth, signers.history(), newer);
  const replays = honest(liar(older, signers.history()));
  const nodes = new SaidNodes().set('a', honest(truth)).set('b', replays);
  await using directory = client(nodes, { clock: signers.clock });
  await expectFound(directory, newer);
  nodes.set('a', replays);
  signers.clock.advance(3000);
  const answer = await directory.find(newer.key);
  assert.ok(answer.outcome === 'found');
  assert.equal(Buffer.compare(answer.record.bytes, newer.bytes), 0);
  assert.equal(answer.age, 3);
  const listed = await directory.instances(signers.orders.id);
  assert.ok(listed.outcome === 'found');
  assert.deepEqual(
    listed.records.map(({ bytes }) => Buffer.compare(bytes, newer.bytes)),
    [0],
  );
});

test('a node that withholds a record is not believed alone', async () => {
  const { signers, truth, client } = await world();
  await storeAll(truth, signers.charter());
  const nodes = new SaidNodes().set('empty', honest(liar())).set('honest', honest(truth));
  await using directory = client(nodes);
  await expectFound(directory, signers.charter());
  await using alone = client(new SaidNodes().set('empty', honest(liar())));
  const answer = await alone.find(signers.charter().key);
  assert.deepEqual(answer, { outcome: 'not-found', sample: { answered: 1, of: 1 } });
});

test('a fork of what was seen is refused, and the first stays', async () => {
  const { signers, truth, refusals, client } = await world();
  const leaf = await signers.app.leaf('orders');
  const [first, other] = [await signers.instance(1, { leaf }), await signers.instance(1, { leaf, endpoints: [endpointAt(1)] })];
  await storeAll(truth, signers.history(), first);
  const nodes = new SaidNodes().set('a', honest(truth));
  await using directory = client(nodes);
  await expectFound(directory, first);
  nodes.set('a', honest(liar(other, signers.history())));
  assert.equal((await directory.find(first.key)).outcome, 'unavailable');
  assert.equal(refusals.at(-1)?.code, 'record-forked');
});

test('a node that refuses a sound record has another one asked', async () => {
  const { signers, truth, client } = await world();
  const refusal = { code: 'record-quota', detail: 'no room' };
  const nodes = new SaidNodes().set('a', says({ outcome: 'refused', refusal })).set('b', honest(truth));
  await using directory = client(nodes);
  assert.equal((await directory.store(signers.history())).outcome, 'stored');
  assert.deepEqual(nodes.asked, ['a', 'b']);
  await using refused = client(new SaidNodes().set('a', says({ outcome: 'refused', refusal })));
  assert.deepEqual(await refused.store(signers.charter()), { outcome: 'refused', refusal });
});

test('a node that hangs costs the hedge once, and is asked last from then on', async () => {
  const { signers, truth, client } = await world();
  await storeAll(truth, signers.history());
  const nodes = new SaidNodes().set('hangs', hangs).set('a', honest(truth)).set('b', honest(truth));
  await using directory = client(nodes);
  const begun = performance.now();
  await expectFound(directory, signers.history());
  assert.ok(performance.now() - begun < 400, 'it did not wait for the time-out');
  assert.deepEqual(nodes.asked.splice(0), ['hangs', 'a']);
  for (let find = 0; find < 10; find += 1) await expectFound(directory, signers.history());
  assert.deepEqual(new Set(nodes.asked), new Set(['a']));
});

test('where all nodes hang it is an error within a bounded time', async () => {
  const { signers, client } = await world();
  await using directory = client(new SaidNodes().set('a', hangs).set('b', hangs).set('c', hangs));
  const begun = performance.now();
  assert.equal((await directory.find(signers.history().key)).outcome, 'unavailable');
  assert.equal((await directory.store(signers.history())).outcome, 'unavailable');
  assert.ok(performance.now() - begun < 3000);
});

test('who gives up has an answer at once', async () => {
  const { signers, client } = await world();
  await using directory = client(new SaidNodes().set('a', hangs), { timeoutMs: 60_000 });
  const { key } = signers.history();
  assert.equal((await directory.find(key, { signal: AbortSignal.abort() })).outcome, 'unavailable');
  const givesUp = new AbortController();
  const answer = directory.find(key, { signal: givesUp.signal });
  givesUp.abort();
  assert.equal((await within(answer)).outcome, 'unavailable');
});

test('whatever a node sends is an error, and nothing is thrown', async () => {
  const { signers, client } = await world();
  const record = await signers.instance(1);
  const nodes = new SaidNodes().set('a', says({}));
  await using directory = client(nodes);
  const text = toBase64url(record.bytes);
  const almost = fc.record(
    {
      outcome: fc.constantFrom('found', 'not-found', 'stored', 'refused', 'unavailable', 1),
      record: fc.constantFrom(text, '', '!', text.slice(1)),
      records: fc.array(fc.oneof(fc.json(), fc.constant({ key: record.key, record: text })), { maxLength: 3 }),
      age: fc.oneof(fc.integer(), fc.double()),
      sample: fc.oneof(fc.constant({ answered: 1, of: 1 }), fc.json()),
      error: fc.json(),
    },
    { requiredKeys: [] },
  );
  const status = fc.constantFrom(200, 200, 204, 301, 400, 404, 429, 500, 503);
  const body = fc.oneof(
    almost.map((json) => Buffer.from(JSON.stringify(json))),
    fc.json().map((json) => Buffer.from(json)),
    fc.uint8Array({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(status, body, async (code, bytes) => {
      nodes.set('a', () => ({ status: code, body: bytes }));
      const found = await directory.find(record.key);
      assert.ok(found.outcome !== 'found');
      const listed = await directory.instances(signers.orders.id);
      assert.ok(listed.outcome !== 'found' || listed.records.length === 0);
      await directory.store(signers.history());
    }),
    { numRuns: 300 },
  );
});

test('a real node that answers without end is cut off', async (t) => {
  const { signers, truth } = await world();
  let sent = 0;
  const endless = await serve(t, (_request, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 32))) sent += 65_536;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await storeAll(truth, signers.history());
  const good = await serveDirectory(t, truth);
  const options = { app: signers.app.id, now: () => signers.now, freshMs: 0, staleMs: 0, hedgeMs: 2000 };
  await using directory = new HttpDirectory({ ...options, nodes: [endless, good], chance: () => 0.5 });
  await expectFound(directory, signers.history());
  assert.ok(sent < 64 * 1_048_576, `${sent} bytes`);
});

test('real nodes: one that is not there, one that redirects, one that is no node, and one that is', async (t) => {
  const { signers, truth } = await world();
  await storeAll(truth, signers.history());
  const good = await serveDirectory(t, truth);
  const elsewhere = await serve(t, (_request, response) => response.writeHead(307, { location: good }).end());
  const page = await serve(t, (_request, response) => response.end('<html>'));
  const nodes = ['http://127.0.0.1:1/', elsewhere, page, good];
  await using directory = new HttpDirectory({ nodes, now: () => signers.now, chance: () => 0.5 });
  await expectFound(directory, signers.history());
});

test('a watch goes on past a node that lies, one that hangs, and one that answers at once with nothing', async () => {
  const { signers, truth, client } = await world();
  const leaf = await signers.app.leaf('orders');
  await storeAll(truth, signers.history());
  const junk = { key: (await signers.instance(1)).key, bytes: Buffer.from('junk') };
  let asked = 0;
  const nodes = new SaidNodes()
    .set('liar', honest(liar(junk)))
    .set('hangs', hangs)
    .set('hasty', (path, body, options) => {
      asked += 1;
      return says({ records: [] })(path, body, options);
    });
  await using directory = client(nodes, { waitSeconds: 1 });
  await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.ok(asked < 20, `it was asked ${asked} times`);
  nodes.set('hasty', honest(truth));
  for (let seq = 1; seq < 4; seq += 1) {
    const record = await signers.instance(seq, { leaf });
    await storeAll(truth, record);
    await watch.got(record);
  }
});

test('where no node lets a watch wait, it asks from time to time', async () => {
  const { signers, truth, client } = await world();
  const node = honest(truth);
  const refuses = says({ error: { code: 'path-unknown', detail: 'no watches here' } }, 404);
  const nodes = new SaidNodes().set('a', (path, body, options) => (path.endsWith('watch') ? refuses : node)(path, body, options));
  await using directory = client(nodes, { pollMs: 20 });
  await storeAll(truth, signers.history());
  await using watch = new Watch(directory, { kind: 'instances', id: signers.orders.id });
  const record = await signers.instance(1);
  await storeAll(truth, record);
  await watch.got(record);
});

test('options that make no sense are refused', () => {
  for (const options of [
    { nodes: [] },
    { nodes: ['ftp://x/'] },
    { nodes: ['http://u:p@x/'] },
    { nodes: ['http://x/'], hedgeMs: -1 },
  ]) {
    assert.throws(() => new HttpDirectory(options), { code: 'THEMIS_CONFIG_INVALID' });
  }
});
