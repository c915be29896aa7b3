import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { readSidecarOptions, readUpStatus, runArguments, type ServicePlan } from '@themis-mesh/agent';
import { ThemisError } from '@themis-mesh/core';
import { Home } from '@themis-mesh/storage';
import { waitFor } from '@themis-mesh/testkit';
import { encodeVariables, withAppVariables } from '../src/child/app-variables.ts';
import { createLog } from '../src/log/log.ts';
import { backOff, DEATHS_WITHIN_MS, MOST_DEATHS } from '../src/up/back-off.ts';
import { PrefixedOutput } from '../src/up/prefixed-output.ts';
import { variablesOf } from '../src/up/run-arguments.ts';
import { UpPlace } from '../src/up/up-state.ts';
import { parseConfig } from '../src/up/parse-config.ts';

test('pauses grow, have chance in them, and end', () => {
  const deaths = (count: number): number[] => Array.from({ length: count }, () => 1_000_000);
  const pauses = [1, 2, 3, 4, 5].map((count) => [backOff(deaths(count), 1_000_000, 0), backOff(deaths(count), 1_000_000, 1)]);
  assert.deepEqual(pauses, [
    [125, 250],
    [250, 500],
    [500, 1000],
    [1000, 2000],
    [2000, 4000],
  ]);
  assert.equal(backOff(deaths(MOST_DEATHS), 1_000_000, 0.5), undefined);
  assert.equal(backOff(deaths(MOST_DEATHS), 1_000_000 + DEATHS_WITHIN_MS, 1), 250);
});

test('lines of several programs keep apart, whatever pieces they come in', async () => {
  const written: string[] = [];
  const target = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(String(chunk));
      done();
    },
  });
  const output = new PrefixedOutput(target, 6, false);
  const [first, second] = [new PassThrough(), new PassThrough()];
  output.take('web', first);
  output.take('orders', second);
  first.write('one\ntw');
  second.write('alpha\n');
  first.write('o\n\nthree');
  second.end('β without an end');
  first.end();
  await waitFor(() => written.join('').includes('three\n') && written.join('').includes('end\n'), 'all lines');
  const lines = written.join('').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('web')),
    ['web    | one', 'web    | two', 'web    | ', 'web    | three'],
  );
  assert.deepEqual(
    lines.filter((line) => line.startsWith('orders')),
    ['orders | alpha', 'orders | β without an end'],
  );

  written.length = 0;
  output.take('web', Readable.from([Buffer.alloc(200_000, 'x'), Buffer.from('\n')]));
  await waitFor(() => written.join('').endsWith('\n'), 'a long line');
  assert.ok(
    written
      .join('')
      .split('\n')
      .every((line) => line.length <= 200_010),
  );
  written.length = 0;
  new PrefixedOutput(target, 3, true).take('web', Readable.from([Buffer.from('x\n')]));
  await waitFor(() => written.length > 0, 'a coloured line');
  assert.equal(written.join(''), '\u001b[36mweb | \u001b[0mx\n');
});

test('a log forges no lines and leaves out what is not there', () => {
  let text = '';
  const log = (format: 'human' | 'json') =>
    createLog({ format, level: 'info', write: (line) => (text += line), now: () => new Date(0) });
  log('human').log('warn', 'odd\nlevel=fatal', { path: 'a b\u001b[31m', none: undefined, count: 3 });
  log('human').log('debug', 'not shown');
  assert.equal(text, 'themis: warn: odd\\u000alevel=fatal path="a b\\\\u001b[31m" count=3\n');
  text = '';
  log('json').log('info', 'x', { name: 'a\nb', __proto__: 'y' });
  assert.deepEqual(JSON.parse(text), { time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'x', name: 'a\\u000ab' });
});

function planOf(text: string): ServicePlan {
  const parsed = parseConfig(Buffer.from(`services:\n  orders: ${text}\n`), 'f');
  const [plan] = parsed.ok ? parsed.config.services : [];
  if (plan === undefined) throw new Error(JSON.stringify(parsed));
  return plan;
}

test('an empty list is nobody and nothing, and a policy is followed in a file', () => {
  const plan = planOf('{command: [x], port: 9000, policy: {allow: []}, egress: []}');
  assert.deepEqual(plan.policy, { default: 'deny-all', allow: [] });
  const given = runArguments(plan, 9000, '/home');
  assert.deepEqual(given.slice(6, given.indexOf('--wait')), ['--policy-file', '/home/run/policies/orders.json']);
});

test('what a file says is what a sidecar is started with', () => {
  const plan =
    planOf(`{command: [x, --port, "{port}", --, y], port: auto, protocol: http, policy: {default: members, allow: [web, jobs]},
    egress: [a.example, "*.b.example:80"], forward: {5432: db}, ingress: 8081, probe: "[::1]:8082", listen: 0.0.0.0:7000,
    metrics: 9464, metricsHost: [prom, p.example], accessLog: a.log, accessLogQuery: true, maxConnections: 7, stall: 3,
    advertise: here.example, proxy: false, health: /up, wait: 1.5, drain: 2, leaf: 60, zone: eu-1, labels: {version: v2}, weight: 50,
    env: {URL: "http://x:{port}"}}`);
  const words = runArguments(plan, 9000, '/home');
  const end = words.indexOf('--');
  const flags = new Map<string, string>();
  for (let index = 2; index < end; index += 1) {
    const flag = words[index] ?? '';
    flags.set(flag, flag === '--no-proxy' || flag === '--access-log-query' ? '' : (words[(index += 1)] ?? ''));
  }
  const options = readSidecarOptions(words[1] ?? '', words.slice(end + 1), {
    home: flags.get('--home'),
    port: flags.get('--port'),
    protocol: flags.get('--protocol'),
    listen: flags.get('--listen'),
    advertise: flags.get('--advertise'),
    forward: [flags.get('--forward') ?? ''],
    egress: flags.get('--egress')?.split(','),
    ingress: flags.get('--ingress'),
    probe: flags.get('--probe'),
    metrics: flags.get('--metrics'),
    metricsHost: flags.get('--metrics-host')?.split(','),
    accessLog: flags.get('--access-log'),
    accessLogQuery: flags.has('--access-log-query'),
    maxConnections: flags.get('--max-connections'),
    stall: flags.get('--stall'),
    health: flags.get('--health'),
    wait: flags.get('--wait'),
    drain: flags.get('--drain'),
    leaf: flags.get('--leaf'),
    zone: flags.get('--zone'),
    label: [flags.get('--label') ?? ''],
    weight: flags.get('--weight'),
    policyFile: flags.get('--policy-file'),
    proxy: !flags.has('--no-proxy'),
  });
  assert.deepEqual(options, {
    service: 'orders',
    home: '/home',
    app: { port: 9000 },
    protocol: 'http',
    listen: { host: '0.0.0.0', port: 7000 },
    advertise: 'here.example',
    forwards: [{ port: 5432, service: 'db', protocol: 'tcp' }],
    egress: {
      is: 'hosts',
      hosts: [
        { host: 'a.example', below: false, port: undefined },
        { host: 'b.example', below: true, port: 80 },
      ],
    },
    ingress: { host: '127.0.0.1', port: 8081 },
    probe: { host: '::1', port: 8082 },
    metrics: { host: '127.0.0.1', port: 9464, names: ['prom', 'p.example'] },
    accessLog: { to: 'a.log', query: true },
    maxConnections: 7,
    stallSeconds: 3,
    health: '/up',
    waitSeconds: 1.5,
    drainSeconds: 2,
    leafSeconds: 60,
    zone: 'eu-1',
    labels: { version: 'v2' },
    weight: 50,
    policy: undefined,
    policyFile: '/home/run/policies/orders.json',
    proxy: false,
    command: ['x', '--port', '9000', '--', 'y'],
  });
  assert.deepEqual(variablesOf(plan, 9000), { PORT: '9000', URL: 'http://x:9000' });
});

test('all mistakes in the words of a sidecar are told together', () => {
  const bad = {
    port: '0',
    socket: 'x',
    protocol: 'udp',
    listen: 'nowhere',
    forward: ['x'],
    egress: ['http://x'],
    wait: 'soon',
    policy: 'all',
    allow: ['X'],
  };
  assert.throws(
    () => readSidecarOptions('orders', [], bad),
    (error) => {
      assert.ok(ThemisError.is(error, 'THEMIS_CONFIG_INVALID'));
      for (const flag of ['--port', '--protocol', '--listen', '--forward', '--egress', '--wait'])
        assert.ok(error.message.includes(flag), error.message);
      return true;
    },
  );
  assert.throws(
    () => readSidecarOptions('Orders!', [], { port: '1' }),
    (error) => ThemisError.is(error, 'THEMIS_NAME_INVALID'),
  );
});

test('variables for a program alone are taken out of the way of its sidecar', () => {
  const around = { KEPT: '1', THEMIS_APP_VARIABLES: encodeVariables({ SECRET: 's', KEPT: '2' }) };
  assert.deepEqual(withAppVariables(around), { KEPT: '2', SECRET: 's' });
  for (const damaged of ['', 'x', '5', 'null', '{"A":1}'])
    assert.deepEqual(withAppVariables({ THEMIS_APP_VARIABLES: damaged }), {});
});

async function homeIn(t: TestContext): Promise<Home> {
  const root = await mkdtemp(join(tmpdir(), 'themis-up-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return Home.at(root);
}

test('there is one up at a time in a home, and whoever asks sees what it does', async (t) => {
  const home = await homeIn(t);
  assert.equal(await readUpStatus(home), undefined);
  const place = await UpPlace.take(home, '/x/themis.yaml', 1_800_000_000);
  await assert.rejects(UpPlace.take(home, '/y', 1_800_000_001), (error) => ThemisError.is(error, 'THEMIS_ALREADY_RUNNING'));
  const instance = {
    service: 'orders',
    replica: 1,
    state: 'ready',
    restarts: 2,
    pid: 77,
    app: 78,
    port: 80,
    mesh: 4000,
    proxy: 4001,
  } as const;
  await Promise.all([1, 2, 3].map((restarts) => place.tell('/x/themis.yaml', 1_800_000_000, [{ ...instance, restarts }])));
  const status = await readUpStatus(home);
  assert.deepEqual(status, {
    pid: process.pid,
    file: '/x/themis.yaml',
    since: 1_800_000_000,
    instances: [{ ...instance, restarts: 3 }],
  });
  assert.equal((await stat(join(home.run, 'up.json'))).mode & 0o777, 0o600);
  await place.leave();
  assert.equal(await readUpStatus(home), undefined);
});

test('what a dead or damaged up left is no hindrance', async (t) => {
  const home = await homeIn(t);
  const place = await UpPlace.take(home, '/x', 1_800_000_000);
  const path = join(home.run, 'up.json');
  const sound = await readFile(path, 'utf8');
  const dead = sound.replace(/-\d+-\d+"/, '-4194303-1"');
  assert.notEqual(dead, sound);
  for (const content of [dead, '', '{}', '{"v":1}', sound.replace('"v":1', '"v":2'), 'x'.repeat(100), sound.slice(0, -5)]) {
    await writeFile(path, content);
    assert.equal(await readUpStatus(home), undefined, content.slice(0, 50));
    await (await UpPlace.take(home, '/y', 1_800_000_000)).leave();
  }
  await place.leave();
  await mkdir(path);
  await assert.rejects(readUpStatus(home), (error) => ThemisError.is(error));
});
