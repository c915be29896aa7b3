import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { JudgedRequest, Mesh, PolicyOptions } from '@themis-mesh/mesh';
import type { AuditFinding, Denied } from '@themis-mesh/core';
import { waitFor, within } from '@themis-mesh/testkit';
import { rejectsWith } from './expect-code.ts';
import { listening, serviceName, TestHome } from './test-home.ts';

interface Answered {
  readonly status: number;
  readonly body: { readonly error?: string; readonly refusal?: string; readonly seen?: string };
}

async function answerOf(
  caller: Mesh,
  path: string,
  init: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answered> {
  const response = await caller.fetch(`https://payments${path}`, init);
  return { status: response.status, body: (await response.json()) as Answered['body'] };
}

/** A service that says which target it saw. */
async function serving(
  home: TestHome,
  policy?: PolicyOptions,
): Promise<{ payments: Mesh; web: Mesh; seen: string[]; port: number }> {
  const seen: string[] = [];
  const options = policy === undefined ? {} : { policy };
  const { mesh: payments, server } = await home.serve(
    'payments',
    (request, response) => {
      seen.push(request.url ?? '');
      response.end(JSON.stringify({ seen: request.url }));
    },
    options,
  );
  return { payments, seen, web: await home.join('web'), port: server.address()?.port ?? 0 };
}

const CHARGE: PolicyOptions = {
  rules: [
    { name: 'charge', action: 'allow', services: ['web'], methods: ['POST'], paths: ['/charge', '/orders/*/charge'] },
    { name: 'no-admin', action: 'deny', paths: ['/admin/**'] },
  ],
};

test('a request that no rule allows is answered with 403 and its reason, and the connection serves on', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { payments, web, seen } = await serving(home, CHARGE);
  const refused = once(payments.events, 'request-refused') as Promise<[JudgedRequest & { decision: Denied }]>;
  const { status, body } = await answerOf(web, '/refund', { method: 'POST' });
  assert.deepEqual([status, body.error, body.refusal], [403, 'THEMIS_REQUEST_DENIED', 'policy-no-rule']);
  assert.ok(!JSON.stringify(body).includes('charge'), 'no rule is named to the caller');
  const [{ peer, method, path, decision }] = await within(refused, 'the event');
  assert.deepEqual([peer.name, method, path], ['web', 'POST', '/refund']);
  assert.deepEqual(decision, { allowed: false, policy: 'service:payments', rule: 'default', because: 'policy-no-rule' });
  assert.equal((await answerOf(web, '/charge', { method: 'POST' })).status, 200);
  assert.equal((await answerOf(web, '/admin')).body.refusal, 'policy-denied');
  assert.deepEqual(seen, ['/charge']);
});

test('a policy that changes is in force for the next request of an open connection', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { payments, web } = await serving(home);
  const status = async (): Promise<number> => (await answerOf(web, '/charge')).status;
  assert.equal(await status(), 200);
  const refusals = refusalsOf(payments);
  payments.setPolicy({ default: 'members', rules: [{ name: 'stop', action: 'deny', methods: ['GET'] }] });
  assert.equal(await status(), 403);
  payments.setPolicy({ default: 'members' });
  assert.equal(await status(), 200);
  const rules = [{ name: serviceName('stop'), action: 'deny', paths: ['/charge'] }] as const;
  const begin = performance.now();
  await home.setPolicy('payments', { default: 'members', allow: [], rules });
  await waitFor(async () => (await status()) === 403, 'the charter to be in force');
  assert.ok(performance.now() - begin < 5000);
  assert.equal((await answerOf(web, '/other')).status, 200);
  payments.dropPolicy();
  assert.equal(await status(), 403, 'what the charter says stays');
  assert.equal(refusals(), 0, 'no connection was refused or cut');
});

/** How many connections were refused, or cut, since. */
function refusalsOf({ events }: Mesh): () => number {
  let count = 0;
  events.on('refused', () => (count += 1));
  return () => count;
}

test('an audit lets through and tells what it would have refused', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { payments, web } = await serving(home, { ...CHARGE, mode: 'audit' });
  const audited = once(payments.events, 'request-audited') as Promise<[JudgedRequest & { audit: AuditFinding }]>;
  assert.equal((await answerOf(web, '/refund')).status, 200);
  const [{ audit, path }] = await within(audited, 'the event');
  assert.deepEqual([audit, path], [{ policy: 'service:payments', rule: 'default', because: 'policy-no-rule' }, '/refund']);
});

/** Paths as a raw client sends them, and what the program sees: nothing where it is 400, and never what the policy denies. */
const TARGETS: readonly (readonly [target: string, status: number, seen?: string])[] = [
  ['/public', 200, '/public'],
  ['/publi%63?a=%2f', 200, '/public?a=%2f'],
  ['/caf%c3%a9', 200, '/caf%C3%A9'],
  ['/a%2bb', 200, '/a%2Bb'],
  ['/a|b', 200, '/a%7Cb'],
  ['/admin', 403],
  ['/%61dmin', 403],
  ['/admin/%78', 403],
  ['/a%64min/', 403],
  ['/public/../admin', 400],
  ['/public/%2e%2e/admin', 400],
  ['/public/..%2fadmin', 400],
  ['//admin', 400],
  ['/public//admin', 400],
  ['/public/%5c../admin', 400],
  ['/..;/admin', 400],
  ['/admin;x=y', 400],
  ['/admin%3bx', 400],
  ['/admin%00', 400],
  ['/admin%0d%0a', 400],
  ['/%2561dmin', 400],
  ['/admin#x', 400],
  ['/admin%', 400],
  ['/%c1%a1dmin', 400],
  ['http://payments/admin', 400],
  ['http://payments/public', 400],
  ['admin', 400],
  ['*', 400],
  ['/?x=/healthz', 200, '/?x=/healthz'],
  ['/healthz/../admin', 400],
];

test('the path that is judged is the path that the program sees', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { seen, port } = await serving(home, {
    default: 'members',
    rules: [{ name: 'no-admin', action: 'deny', paths: ['/admin/**'] }],
  });
  for (const [target, status, path] of TARGETS) {
    seen.length = 0;
    const channel = await home.channel('web', port);
    channel.socket.write(`GET ${target} HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n`, 'latin1');
    let text = '';
    for await (const chunk of channel.socket) text += String(chunk);
    assert.equal(Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]), status, `${target}: ${text.slice(0, 200)}`);
    assert.deepEqual(seen, path === undefined ? [] : [path], target);
  }
});

test('headers that mean two things are refused before the program sees one of them', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { seen, port } = await serving(home, { rules: [{ name: 'admins', action: 'allow', headers: { 'x-role': ['admin'] } }] });
  const cases: readonly (readonly [string, number])[] = [
    ['X-Role: admin', 200],
    ['x-role: user', 403],
    ['x-role: user\r\nx-role: admin', 400],
    ['x-role: admin\r\nX-ROLE: user', 400],
    ['x-role: admin, user', 403],
    ['x_role: admin', 400],
    ['x-role: admin\r\nx_role: user', 400],
    ['__proto__: admin', 403],
    ['__proto__: x\r\nx-role: admin\r\nconstructor: y', 200],
    ['x-role: admin\r\nConnection: x-role', 400],
  ];
  for (const [headers, status] of cases) {
    seen.length = 0;
    const channel = await home.channel('web', port);
    channel.socket.write(`GET / HTTP/1.1\r\nHost: payments\r\n${headers}\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of channel.socket) text += String(chunk);
    assert.equal(Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]), status, `${headers}: ${text.slice(0, 200)}`);
    assert.equal(seen.length, status === 200 ? 1 : 0);
  }
});

test('an upgrade that is refused is answered, and no program hears of it', async () => {
  await using home = await TestHome.create('web', 'payments');
  const { mesh, server } = await home.serve('payments', (_, response) => response.end(), CHARGE_ONLY);
  let upgrades = 0;
  server.on('upgrade', (_, socket) => {
    upgrades += 1;
    socket.destroy();
  });
  const channel = await home.channel('web', server.address()?.port ?? 0);
  channel.socket.write('GET /socket HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  let text = '';
  for await (const chunk of channel.socket) text += String(chunk);
  assert.match(text, /^HTTP\/1.1 403 [^]*policy-no-rule/);
  assert.deepEqual([upgrades, mesh.name], [0, 'payments']);
});

const CHARGE_ONLY: Partial<Parameters<TestHome['serve']>[2]> = { policy: CHARGE };

test('raw streams are open to whom no rule about requests stands in the way', async () => {
  await using home = await TestHome.create('web', 'payments');
  const payments = await home.join('payments', { policy: CHARGE });
  await payments.createTcpServer((socket) => socket.end('hello')).listen(0);
  const web = await home.join('web');
  const streams = async (): Promise<string> => {
    let text = '';
    for await (const chunk of await web.connect('payments')) text += String(chunk);
    return text;
  };
  await rejectsWith(streams(), 'THEMIS_REFUSED_BY_PEER', 'policy-denied');
  payments.setPolicy({ rules: [{ name: 'charge', action: 'allow', services: ['web'], paths: ['/**'] }] });
  await rejectsWith(streams(), 'THEMIS_REFUSED_BY_PEER', 'policy-no-rule');
  payments.setPolicy({ rules: [{ name: 'all', action: 'allow', services: ['web'] }] });
  assert.equal(await streams(), 'hello');
});

test('a handler of fetch’s shape is asked for what the policy allows, and no more', async () => {
  await using home = await TestHome.create('web', 'payments');
  const payments = await home.join('payments', { policy: CHARGE });
  const seen: string[] = [];
  const server = payments.createFetchServer((request) => {
    seen.push(new URL(request.url).pathname);
    return Response.json({ seen: request.url });
  });
  await listening(server);
  const web = await home.join('web');
  assert.equal((await answerOf(web, '/charg%65', { method: 'POST' })).status, 200);
  assert.equal((await answerOf(web, '/refund', { method: 'POST' })).status, 403);
  assert.equal((await answerOf(web, '/%61dmin')).body.refusal, 'policy-denied');
  assert.deepEqual(seen, ['/charge']);
});

test('log and metrics name policy, rule and reason of what is refused, and of what would be', async () => {
  await using home = await TestHome.create('web', 'payments');
  const lines: string[] = [];
  const watch = { name: 'watch', action: 'deny', mode: 'audit', paths: ['/charge'] } as const;
  const policy: PolicyOptions = { ...CHARGE, rules: [...(CHARGE.rules ?? []), watch] };
  const options = { policy, accessLog: { to: (text: string) => void lines.push(...text.trimEnd().split('\n')) } };
  const { mesh: payments } = await home.serve('payments', (_, response) => response.end('{}'), options);
  const web = await home.join('web');
  await answerOf(web, '/admin/x?secret');
  await answerOf(web, '/charge', { method: 'POST' });
  await waitFor(() => lines.length >= 2, 'two lines of the log');
  const [refused = {}, audited = {}] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    ['caller', 'status', 'refusal', 'policy', 'rule', 'audit'].map((field) => refused[field]),
    ['web', 403, 'policy-denied', 'service:payments', 'no-admin', undefined],
  );
  assert.deepEqual(
    ['status', 'refusal', 'policy', 'rule', 'audit'].map((field) => audited[field]),
    [200, undefined, 'service:payments', 'watch', true],
  );
  const page = payments.metrics.text();
  assert.match(page, /themis_policy_refusals_total\{policy="service:payments",rule="no-admin",refusal="policy-denied"\} 1/);
  assert.match(page, /themis_policy_audits_total\{peer="web"\} 1/);
});
