import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { waitFor } from '@themis-mesh/testkit';
import { drawShare } from '../../src/traffic/destination.ts';
import { harmOf } from '../../src/traffic/faults.ts';
import { TestHome } from '../test-home.ts';

test('shares are drawn as often as they weigh', () => {
  const weights = fc.array(fc.nat(100), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, (given) => {
      const split = given.map((weight) => ({ weight }));
      const sum = given.reduce((total, weight) => total + weight, 0);
      const counts = new Map<unknown, number>();
      for (let lot = 0; lot < sum; lot += 1) {
        const share = drawShare(split, (lot + 0.5) / sum);
        counts.set(share, (counts.get(share) ?? 0) + 1);
      }
      for (const share of split) assert.equal(counts.get(share) ?? 0, share.weight);
      if (sum === 0) assert.equal(drawShare(split, 0.5), undefined);
    }),
  );
});

test('of faults that match, each has its own lot', () => {
  const faults = [
    { percent: 100, delayMs: 5, match: { header: 'x-try', value: 'slow' } },
    { percent: 50, status: 503 },
    { percent: 0, status: 500 },
  ];
  assert.deepEqual(
    harmOf(faults, ['X-Try', 'slow'], () => 0.4),
    { delayMs: 5, status: 503 },
  );
  assert.deepEqual(
    harmOf(faults, ['X-Try', 'slow'], () => 0.6),
    { delayMs: 5, status: undefined },
  );
  assert.equal(
    harmOf(faults, ['X-Try', 'no'], () => 0.6),
    undefined,
  );
});

/** Two versions of payments, and another service. */
async function versions(): Promise<TestHome> {
  const home = await TestHome.create('web', 'payments', 'legacy');
  for (const version of ['v1', 'v2']) {
    await home.serve('payments', (_, response) => response.end(version), { labels: { version } });
  }
  await home.serve('legacy', (_, response) => response.end('legacy'));
  return home;
}

async function count(ask: () => Promise<Response>, calls: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const said = await (await ask()).text();
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

test('traffic is split between versions and services, and headers lead to a canary', async () => {
  await using home = await versions();
  const web = await home.join('web');
  const all = (): Promise<Response> => web.fetch('https://payments/');
  web.setTraffic({ payments: { split: [{ weight: 1, labels: { version: 'v1' } }] } });
  assert.deepEqual(await count(all, 20), { v1: 20 });
  web.setTraffic({
    payments: {
      routes: [{ match: { header: 'x-canary', value: 'yes' }, to: { labels: { version: 'v2' } } }],
      split: [
        { weight: 80, labels: { version: 'v1' } },
        { weight: 20, service: 'legacy' as never },
      ],
    },
  });
  const counts = await count(all, 300);
  assert.ok((counts['legacy'] ?? 0) > 25 && (counts['legacy'] ?? 0) < 110, JSON.stringify(counts));
  assert.equal(counts['v2'], undefined);
  const canary = (): Promise<Response> => web.fetch('https://payments/', { headers: { 'X-Canary': 'yes' } });
  assert.deepEqual(await count(canary, 20), { v2: 20 });
  web.setTraffic({ payments: { split: [{ weight: 1, labels: { version: 'v3' } }] } });
  await assert.rejects(all(), { code: 'THEMIS_NO_INSTANCE' });
});

test("copies of requests go elsewhere, body and all, and their fate is nobody's concern", async () => {
  await using home = await TestHome.create('web', 'payments', 'shadow');
  await home.serve('payments', (request, response) => void text(request).then((body) => response.end(body)));
  const copies: string[] = [];
  await home.serve('shadow', (request, response) => {
    void text(request).then((body) => {
      copies.push(`${request.method} ${request.url} ${body} ${String(request.headers['x-themis-mirror'])}`);
      response.socket?.destroy();
    });
  });
  const mirror = { percent: 100, service: 'shadow' as never, maxBodyBytes: 10 };
  const web = await home.join('web', { traffic: { payments: { mirror } } });
  const post = async (path: string, body: string | ReadableStream): Promise<string> => {
    const response = await web.fetch(`https://payments${path}`, { method: 'POST', body, duplex: 'half' });
    return response.text();
  };
  assert.equal(await post('/bytes', 'hello'), 'hello');
  assert.equal(await post('/stream', new Blob(['streamed']).stream()), 'streamed');
  await waitFor(() => copies.length === 2, 'two copies');
  assert.deepEqual(copies.sort(), ['POST /bytes hello 1', 'POST /stream streamed 1']);
  assert.equal(await post('/long', 'longer than it may be'), 'longer than it may be');
  assert.equal(await post('/long', new Blob(['longer than it may be']).stream()), 'longer than it may be');
  assert.equal((await web.fetch('https://payments/last')).status, 200);
  await waitFor(() => copies.length === 3, 'the last copy');
  assert.equal(copies.at(-1), 'GET /last  1');
});

test('faults are answers and delays that nobody sent', async () => {
  await using home = await TestHome.create('web', 'payments');
  let asked = 0;
  await home.serve('payments', (_, response) => {
    asked += 1;
    response.end('ok');
  });
  const faults = [{ percent: 100, delayMs: 60, status: 418, match: { header: 'x-fault' } }];
  const web = await home.join('web', { traffic: { payments: { faults } } });
  const start = performance.now();
  const response = await web.fetch('https://payments/', { headers: { 'x-fault': '1' } });
  assert.deepEqual([response.status, await response.json(), asked], [418, { error: 'THEMIS_FAULT_INJECTED' }, 0]);
  assert.ok(performance.now() - start >= 55);
  assert.equal(await (await web.fetch('https://payments/')).text(), 'ok');
});

test('a second try is made beside one that takes long, and the first good answer counts', async () => {
  await using home = await TestHome.create('web', 'payments');
  const closed: string[] = [];
  let slow = 0;
  await home.serve('payments', (request, response) => {
    slow += 1;
    response.once('close', () => closed.push(request.method ?? ''));
  });
  await home.serve('payments', (_, response) => response.end('quick'));
  const web = await home.join('web', { traffic: { payments: { hedge: { afterMs: 50 }, outliers: { consecutive: 0 } } } });
  for (let call = 0; call < 12; call += 1) assert.equal(await (await web.fetch('https://payments/')).text(), 'quick');
  assert.ok(slow > 0, 'the slow one was asked at least once');
  await waitFor(() => closed.length === slow, 'the slower tries to be ended');
  const posts = Array.from({ length: 8 }, () =>
    web.fetch('https://payments/', { method: 'POST', signal: AbortSignal.timeout(300) }).then(
      () => 'answered',
      () => 'waited in vain',
    ),
  );
  assert.ok((await Promise.all(posts)).includes('waited in vain'), 'no other method is hedged');
});

test('an answer of a status that is named is not handed on where another may be had', async () => {
  await using home = await TestHome.create('web', 'payments');
  const asked = { bad: 0, good: 0 };
  await home.serve('payments', (_, response) => {
    asked.bad += 1;
    response.writeHead(503).end('no');
  });
  const good = await home.serve('payments', (_, response) => {
    asked.good += 1;
    response.end('ok');
  });
  const web = await home.join('web', { traffic: { payments: { retries: { statuses: [503] }, outliers: { consecutive: 0 } } } });
  for (let call = 0; call < 10; call += 1) assert.equal((await web.fetch('https://payments/')).status, 200);
  assert.ok(asked.bad > 0);
  await good.mesh.close();
  const last = await web.fetch('https://payments/');
  assert.deepEqual([last.status, await last.text()], [503, 'no'], 'where there is none, it is handed on');
});

test('an instance whose answers are bad is passed over', async () => {
  await using home = await TestHome.create('web', 'payments');
  let bad = 0;
  await home.serve('payments', (_, response) => {
    bad += 1;
    response.writeHead(500).end();
  });
  for (const _ of [1, 2]) await home.serve('payments', (__, response) => response.end('ok'));
  const web = await home.join('web');
  for (let call = 0; call < 100; call += 1) await (await web.fetch('https://payments/')).text();
  assert.equal(bad, 5);
});
