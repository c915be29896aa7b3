import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readObserveAll, readSidecarOptions, runArguments, type ServicePlan } from '@themis-mesh/agent';
import { freePort, waitFor } from '@themis-mesh/testkit';
import { withObserving } from '../src/up/observe-all.ts';
import { policyFileOf } from '../src/up/policy-files.ts';
import { AgentProcess } from './agent-process.ts';
import { ask } from './proxy-bed.ts';
import { serviceName, TestHome } from './test-home.ts';

/** An app that outlives SIGHUP. */
const APP = `process.on('SIGHUP', () => {});
require('node:http').createServer((_, response) => response.end('well')).listen(Number(process.argv[1]), '127.0.0.1');`;

test('a sidecar serves its metrics and writes its access log, which SIGHUP begins anew', async () => {
  await using home = await TestHome.create('orders', 'web');
  const port = await freePort();
  const file = join(home.path, 'access.log');
  const flags = { port: String(port), metrics: '0', accessLog: file, ingress: '0' };
  const agent = await AgentProcess.start(home, 'orders', flags, [process.execPath, '-e', APP, String(port)]).ready();
  const { metrics, ingress } = agent.line('ready') ?? {};
  const web = await home.join('web');
  assert.equal(await (await web.fetch('http://orders/a?token=s3cret')).text(), 'well');
  assert.match(await ask(Number(ingress), 'GET /b HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n'), /well$/);
  const page = (): Promise<string> => pageAt(Number(metrics));
  await waitFor(async () => (await page()).includes('peer="web",protocol="http/1.1",status="2xx"} 1'), 'the call to be counted');
  assert.match(await page(), /^themis_requests_total\{direction="inbound",peer="other",protocol="http\/1.1",status="2xx"\} 1$/m);
  assert.match(await page(), /^themis_member_info\{service="orders",/m);
  const read = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
  await waitFor(async () => (await read()).split('\n').length === 3, 'two lines');
  const [first = '', second = ''] = (await read()).split('\n');
  const { caller, path, remote } = JSON.parse(first) as Record<string, unknown>;
  assert.deepEqual([caller, path, remote], ['web', '/a', undefined]);
  const outsider = JSON.parse(second) as Record<string, unknown>;
  assert.deepEqual([outsider['caller'], outsider['path']], [undefined, '/b']);
  assert.match(String(outsider['remote']), /^127\.0\.0\.1:\d+$/);

  await rename(file, `${file}.1`);
  agent.child.kill('SIGHUP');
  await waitFor(async () => (await readFile(file, 'utf8').catch(() => undefined)) === '', 'a new file');
  await (await web.fetch('http://orders/c')).text();
  agent.child.kill('SIGTERM');
  await agent.status();
  assert.match(await read(), /"path":"\/c"/);
});

test('what a sidecar tells of itself passes on from a configuration, and from up for all', () => {
  const plan: ServicePlan = {
    ...{ name: serviceName('orders'), command: ['x'], mesh: 'sidecar', port: 80, env: {}, wait: 30, drain: 10 },
    ...{ replicas: 1, restart: 'always', dependsOn: [] },
  };
  const argumentsOf = (each: ServicePlan): readonly string[] => runArguments(each, 80, '/home').slice(4, -2);
  const own = { metrics: { host: '127.0.0.1', port: 9464 }, metricsHost: ['prom'], accessLog: '-', accessLogQuery: true };
  assert.deepEqual(argumentsOf({ ...plan, ...own, maxConnections: 5, stall: 7 }), [
    ...[
      '--port',
      '80',
      '--policy-file',
      policyFileOf('/home', plan.name),
      '--metrics',
      '127.0.0.1:9464',
      '--metrics-host',
      'prom',
      '--access-log',
      '-',
      '--access-log-query',
    ],
    ...['--max-connections', '5', '--stall', '7', '--wait', '30', '--drain', '10'],
  ]);
  const all = readObserveAll('9500', '/var/log/access.log');
  const third = withObserving(plan, 2, all);
  assert.deepEqual([third.metrics, third.accessLog], [{ host: '127.0.0.1', port: 9502 }, '/var/log/access.log']);
  const kept = withObserving({ ...plan, ...own }, 2, all);
  assert.deepEqual([kept.metrics, kept.accessLog], [own.metrics, '-']);
  assert.deepEqual(withObserving({ ...plan, mesh: 'in-process' }, 0, all).accessLog, undefined);
  assert.throws(() => readObserveAll('no.such.place:1', undefined), { code: 'THEMIS_CONFIG_INVALID' });
});

test('flags of what a sidecar tells are read, and their mistakes told', () => {
  const read = (flags: object): unknown => readSidecarOptions('orders', [], { port: '80', ...flags });
  for (const flags of [
    { metrics: 'anywhere' },
    { metrics: '70000' },
    { metrics: '1', metricsHost: ['a b'] },
    { metricsHost: ['prom'] },
    { accessLog: '' },
    { accessLogQuery: true },
    { maxConnections: '0' },
    { maxConnections: 'many' },
    { stall: '0' },
  ]) {
    assert.throws(() => read(flags), { code: 'THEMIS_CONFIG_INVALID' }, JSON.stringify(flags));
  }
});

async function pageAt(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  return answer.text();
}
