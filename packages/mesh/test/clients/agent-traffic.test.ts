import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, request, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Mesh } from '@themis-mesh/mesh';
import { ThemisError } from '@themis-mesh/core';
import { waitFor, within } from '@themis-mesh/testkit';
import { serviceName, TestHome } from '../test-home.ts';

interface Said {
  readonly status: number | undefined;
  readonly body: string;
}

async function ask(
  { agent }: Mesh,
  headers: OutgoingHttpHeaders | readonly string[] = {},
  url = 'http://payments/',
): Promise<Said> {
  return said(get(url, { agent, headers }));
}

async function said(call: ClientRequest): Promise<Said> {
  const [message] = (await within(once(call, 'response'))) as [IncomingMessage];
  return { status: message.statusCode, body: await text(message) };
}

const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await within(call.then(() => assert.fail('no failure')).catch((reason: unknown) => reason));
  return ThemisError.is(error) ? error.code : error;
};

test('an instance that fails is left out, and one that is slow gets few requests', async () => {
  await using home = await TestHome.create('web', 'payments');
  const heard = new Map<string, number>();
  for (const instance of ['quick', 'bad', 'slow']) {
    await home.serve(
      'payments',
      (_, response) => {
        heard.set(instance, (heard.get(instance) ?? 0) + 1);
        if (instance === 'bad') response.writeHead(500);
        setTimeout(() => response.end(instance), instance === 'slow' ? 1500 : 0);
      },
      { instance },
    );
  }
  const web = await home.join('web', { traffic: { payments: { outliers: { consecutive: 2, ejectMs: 60_000 } } } });
  await waitFor(async () => {
    await ask(web);
    return heard.size === 3 && heard.get('bad') === 2;
  }, 'all instances, and two failures');
  const slowBefore = heard.get('slow') ?? 0;
  for (let call = 0; call < 100; call += 1) assert.equal((await ask(web)).status, 200);
  assert.equal(heard.get('bad'), 2);
  const slow = (heard.get('slow') ?? 0) - slowBefore;
  assert.ok(slow <= 5, `${slow} of 100 to the slow one`);
});

test('an instance that cannot be reached is passed over for another, and not tried again for a while', async () => {
  await using home = await TestHome.create('web', 'payments');
  // It listens on one address and says another.
  await home.serve('payments', (_, response) => response.end('never'), { advertise: '127.0.0.99' });
  await home.serve('payments', (_, response) => response.end('there'));
  const web = await home.join('web');
  const failures: string[] = [];
  web.events.on('dial-failed', ({ error }) => failures.push(error.code));
  for (let call = 0; call < 20; call += 1) assert.equal((await ask(web)).body, 'there');
  assert.deepEqual(failures, ['THEMIS_DIAL_FAILED']);
});

test('requests go where their fields say, in whichever form these were given', async () => {
  await using home = await TestHome.create('web', 'payments', 'canary');
  for (const version of ['v1', 'v2']) {
    await home.serve('payments', (_, response) => response.end(version), { instance: version, labels: { version } });
  }
  await home.serve('canary', ({ headers }, response) => response.end(`canary for ${headers.host}`));
  const routes = [
    { match: { header: 'x-group', value: 'beta' }, to: { labels: { version: 'v2' } } },
    { match: { header: 'x-group', value: 'staff' }, to: { service: serviceName('canary') } },
  ];
  const split = [{ weight: 1, labels: { version: 'v1' } }];
  const web = await home.join('web', { traffic: { payments: { routes, split } } });
  for (let time = 0; time < 8; time += 1) {
    assert.equal((await ask(web)).body, 'v1');
    assert.equal((await ask(web, { 'X-Group': 'beta' })).body, 'v2');
    assert.equal((await ask(web, ['host', 'payments', 'x-group', 'beta'])).body, 'v2');
    assert.equal((await ask(web, { 'x-group': 'staff' })).body, 'canary for payments');
  }
});

test('a request ends at its deadline, and the callee hears of it', async () => {
  await using home = await TestHome.create('web', 'payments');
  const heard: (string | undefined)[] = [];
  await home.serve('payments', ({ headers, url }, response) => {
    heard.push(headers['x-themis-deadline'] as string | undefined);
    if (url !== '/never') response.end('ok');
  });
  const web = await home.join('web', { traffic: { payments: { timeoutMs: 5000 } } });
  assert.equal((await ask(web)).body, 'ok');
  assert.ok(Number(heard[0]) > 3000 && Number(heard[0]) <= 5000, heard[0] ?? 'none');
  assert.equal(await failureOf(ask(web, { 'x-themis-deadline': '500' }, 'http://payments/never')), 'THEMIS_DEADLINE_PASSED');
  assert.ok(Number(heard[1]) <= 500, heard[1] ?? 'none');
  assert.equal(await failureOf(ask(web, { 'x-themis-deadline': '0' })), 'THEMIS_DEADLINE_PASSED');
  assert.equal(heard.length, 2);
});

test('requests are delayed, fail and wait for a place as the rules say', async () => {
  await using home = await TestHome.create('web', 'payments');
  const held: (() => void)[] = [];
  await home.serve('payments', ({ headers, url }, response) => {
    assert.equal(headers['x-themis-retry'], undefined);
    if (url === '/held') held.push(() => response.end('held'));
    else response.end('ok');
  });
  const faults = [
    { match: { header: 'x-fault', value: 'fail' }, percent: 100, status: 503 },
    { match: { header: 'x-fault', value: 'wait' }, percent: 100, delayMs: 200 },
  ];
  const atOnce = { calls: 1, waiting: 0, waitMs: 1000 };
  const web = await home.join('web', { traffic: { payments: { faults, atOnce } } });
  const { status, body } = await ask(web, { 'x-fault': 'fail' });
  assert.deepEqual([status, body], [503, '{"error":"THEMIS_FAULT_INJECTED"}\n']);
  const begun = performance.now();
  assert.equal((await ask(web, { 'x-fault': 'wait', 'x-themis-retry': 'safe' })).body, 'ok');
  assert.ok(performance.now() - begun >= 195);
  const first = ask(web, {}, 'http://payments/held');
  await waitFor(() => held.length === 1, 'the first');
  assert.equal(await failureOf(ask(web)), 'THEMIS_TOO_MANY_CALLS');
  held[0]?.();
  assert.equal((await first).body, 'held');
  assert.equal((await ask(web)).body, 'ok');
  const gone = request('http://payments/held', { agent: web.agent }).end();
  gone.on('error', () => undefined);
  await waitFor(() => held.length === 2, 'another');
  gone.destroy();
  await waitFor(async () => (await ask(web).catch(() => ({ body: '' }))).body === 'ok', 'a place that is free again');
});

test('the log and the metrics have each request', async () => {
  await using home = await TestHome.create('web', 'payments');
  let log = '';
  await home.serve('payments', (_, response) => response.writeHead(404, { 'content-length': 8 }).end('not here'), {
    instance: 'till',
  });
  const web = await home.join('web', { accessLog: (lines) => (log += lines) });
  await ask(web, { 'x-request-id': 'r1' }, 'http://payments/a?b=c');
  await failureOf(ask(web, {}, 'http://nobody/'));
  await waitFor(() => log.trim().split('\n').length === 2, 'two lines');
  const [first = {}, second = {}] = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { direction, caller, service, instance, protocol, method, path, status, bytes_out: bytes } = first;
  assert.deepEqual(
    { direction, caller, service, instance, protocol, method, path, status, bytes },
    {
      ...{ direction: 'outbound', caller: 'web', service: 'payments', instance: 'till', protocol: 'http/1.1' },
      ...{ method: 'GET', path: '/a', status: 404, bytes: 8 },
    },
  );
  assert.deepEqual([second['service'], second['refusal']], ['nobody', 'THEMIS_NAME_UNKNOWN']);
  assert.match(
    web.metrics.text(),
    /themis_requests_total\{direction="outbound",peer="payments",protocol="http\/1.1",status="4xx"\} 1/,
  );
});

test('a kept connection is left before the time ends that its server keeps it for', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { server } = await home.serve('payments', (_, response) => response.end('ok'));
  server.keepAliveTimeout = 2000;
  let endedBy = '';
  server.once('connection', (socket) => {
    socket.once('end', () => (endedBy ||= 'caller'));
    socket.once('close', () => (endedBy ||= 'server'));
  });
  const { agent } = await home.join('web');
  await said(get('http://payments/', { agent }));
  const begun = performance.now();
  await waitFor(() => Object.keys(agent.freeSockets).length === 1, 'the connection is kept');
  await waitFor(() => endedBy !== '', 'its end');
  assert.equal(endedBy, 'caller');
  assert.ok(performance.now() - begun < 1900, `${performance.now() - begun} ms`);
  assert.equal(Object.keys(agent.freeSockets).length, 0);
  assert.equal((await said(get('http://payments/', { agent }))).body, 'ok');
});
