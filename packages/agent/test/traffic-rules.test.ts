import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { showMistake } from '@themis-mesh/agent';
import { Home } from '@themis-mesh/storage';
import { waitFor } from '@themis-mesh/testkit';
import { TrafficRules } from '../src/up/traffic-rules.ts';
import { parseConfig } from '../src/up/parse-config.ts';

const SERVICES = 'services:\n  a: { command: run me, port: 80, zone: eu-1, labels: { version: v2 }, weight: 50 }\n';

function mistakesIn(text: string): readonly string[] {
  const parsed = parseConfig(Buffer.from(text), 'f');
  return parsed.ok ? [] : parsed.mistakes.map((mistake) => showMistake('f', mistake));
}

test('traffic rules stand in the configuration, and their mistakes are told with all others', () => {
  const good = parseConfig(Buffer.from(`${SERVICES}traffic:\n  a: { timeoutMs: 500 }\n`), 'f');
  assert.ok(good.ok);
  assert.deepEqual([...good.config.traffic], [['a', { timeoutMs: 500 }]]);
  const text = `app: Shop!
services:
  a: { command: run me, port: 80 }
traffic:
  a:
    timeoutMs: soon
    retries: { percent: 300, nonsense: 1 }
  Bad: {}
`;
  assert.deepEqual(
    mistakesIn(text).map((mistake) => mistake.split(': ', 2).join(' ')),
    [
      'f:1:6 app',
      'f:6:16 traffic.a.timeoutMs',
      'f:7:25 traffic.a.retries.percent',
      'f:7:30 traffic.a.retries.nonsense',
      'f:8:3 traffic.Bad',
    ],
  );
  assert.equal(mistakesIn(`${SERVICES}traffic: 5\n`).length, 1);
});

test('rules are replaced with the configuration, and an invalid one changes nothing and says so', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'themis-up-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'themis.yaml');
  await writeFile(config, SERVICES);
  const said: string[] = [];
  const log = {
    log: (level: string, message: string, fields: object = {}) => {
      said.push(`${level} ${message} ${JSON.stringify(fields)}`);
    },
  };
  using rules = await TrafficRules.begin(Home.at(join(folder, 'home')), config, new Map(), log);
  const held = async (): Promise<string> => readFile(rules.path, 'utf8');
  assert.equal(await held(), '{}');
  await writeFile(config, `${SERVICES}traffic:\n  a: { timeoutMs: 500 }\n`);
  await waitFor(async () => (await held()) === '{"a":{"timeoutMs":500}}', 'the rules');
  await writeFile(config, `${SERVICES}traffic:\n  a: { timeoutMs: 0, other: 1 }\n`);
  await waitFor(() => said.filter((line) => line.startsWith('error')).length === 2, 'both mistakes');
  assert.match(said.join('\n'), /THEMIS_TRAFFIC_INVALID.*themis\.yaml:4:19: traffic\.a\.timeoutMs/);
  assert.equal(await held(), '{"a":{"timeoutMs":500}}');
});
