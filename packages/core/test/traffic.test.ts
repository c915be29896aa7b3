import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { readServiceTraffic, readTrafficTable, showTrafficMistake, TRAFFIC_KEYS } from '@themis-mesh/core';

function mistakesIn(value: unknown): readonly string[] {
  const read = readTrafficTable(value);
  return read.ok ? [] : read.mistakes.map(showTrafficMistake);
}

const WHOLE = {
  timeoutMs: 2000,
  tryTimeoutMs: 500,
  retries: { attempts: 2, percent: 10, minPerSecond: 1, baseMs: 5, maxMs: 50, statuses: [503] },
  hedge: { afterMs: 100 },
  outliers: {
    consecutive: 3,
    successPercent: 80,
    volume: 50,
    windowMs: 5000,
    ejectMs: 1000,
    maxEjectMs: 9000,
    maxEjectedPercent: 30,
  },
  zone: 'any',
  atOnce: { calls: 100, waiting: 10, waitMs: 50 },
  routes: [{ match: { header: 'x-canary', prefix: 'y' }, to: { labels: { version: 'v2' } } }],
  split: [{ weight: 90 }, { weight: 10, labels: { version: 'v2' } }],
  limits: { underWay: 64, perCaller: { perSecond: 10, burst: 20 }, callers: { web: { perSecond: 100 } } },
};

const LOCAL = {
  ...WHOLE,
  mirror: { percent: 5, service: 'shadow', maxBodyBytes: 1000 },
  faults: [{ percent: 1, delayMs: 10, match: { header: 'x-try' } }],
};

test('rules are read as they stand, and kept apart from what is done with them afterwards', () => {
  const given = structuredClone(LOCAL);
  const read = readTrafficTable({ payments: given, '*': {} });
  assert.ok(read.ok);
  given.retries.attempts = 9;
  assert.deepEqual(
    [...read.value],
    [
      ['payments', LOCAL],
      ['*', {}],
    ],
  );
});

test('all mistakes are told together, each with its place', () => {
  const table = {
    Bad: {},
    payments: {
      timeoutMs: 0,
      timeout: 5,
      retries: { percent: 101, statuses: [200, 503], nonsense: true },
      hedge: {},
      routes: [{ match: { header: 'X-Upper', value: 'a', prefix: 'b' }, to: {} }],
      split: [],
      mirror: { percent: 5 },
      faults: [{ percent: 5 }],
      limits: { callers: { 'no name': { perSecond: 1 } } },
      zone: 'near',
    },
  };
  assert.deepEqual(
    mistakesIn(table)
      .map((mistake) => mistake.split(':')[0])
      .toSorted(),
    [
      'Bad',
      'payments.faults[0]',
      'payments.hedge',
      'payments.limits.callers.no name',
      'payments.mirror',
      'payments.retries.nonsense',
      'payments.retries.percent',
      'payments.retries.statuses[0]',
      'payments.routes[0].match.header',
      'payments.routes[0].to',
      'payments.split',
      'payments.timeout',
      'payments.timeoutMs',
      'payments.zone',
    ],
  );
  for (const odd of [null, [], 'text', 5, undefined, new Map()]) assert.equal(mistakesIn(odd).length, 1);
});

test('a record may not send callers to another service, nor make them fail', () => {
  assert.ok(readServiceTraffic(WHOLE, 'record').ok);
  for (const [name, foreign] of [
    ['split', { split: [{ weight: 1, service: 'admin' }] }],
    ['routes', { routes: [{ match: { header: 'x' }, to: { service: 'admin' } }] }],
    ['mirror', { mirror: { percent: 100, labels: { version: 'v1' } } }],
    ['faults', { faults: [{ percent: 100, status: 503 }] }],
  ] as const) {
    assert.ok(readServiceTraffic(foreign, 'caller').ok, name);
    assert.equal(readServiceTraffic(foreign, 'record').ok, false, name);
  }
});

test('whatever is given, reading ends with rules or with mistakes', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withMap: true, withDate: true }), (value) => {
      const table = readTrafficTable(value);
      assert.ok(table.ok || table.mistakes.length > 0);
      const entry = readTrafficTable({ payments: value });
      assert.ok(entry.ok || entry.mistakes.every(({ path }) => path[0] === 'payments'));
    }),
  );
});

test('every number out of its range, and every key that is not known, is refused', () => {
  const paths = (value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]) => paths(each, [...at, Array.isArray(value) ? Number(key) : key]))
      : [at];
  for (const path of paths(LOCAL)) {
    for (const bad of [-1, 1.5, 1e12, '', null, {}]) {
      const copy: unknown = structuredClone(LOCAL);
      const last = path.at(-1) ?? '';
      const parent = path.slice(0, -1).reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], copy);
      (parent as Record<string | number, unknown>)[last] = bad;
      assert.ok(mistakesIn({ payments: copy }).length > 0, `${path.join('.')} = ${JSON.stringify(bad)}`);
    }
  }
});

test('the reference describes every key, and no other', async () => {
  const page = await readFile(new URL('../../../docs/reference/traffic.md', import.meta.url), 'utf8');
  const [keys = ''] = page.slice(page.indexOf('## Keys')).split('\n## Which');
  const rows = keys.matchAll(/^\| ((?:`[a-zA-Z.]+`(?:, )?)+) +\|/gm);
  const described = [...rows].flatMap(([, keys = '']) => [...keys.matchAll(/`([^`]+)`/g)].map(([, key]) => key));
  assert.deepEqual(described.toSorted(), [...TRAFFIC_KEYS].toSorted());
});
