import assert from 'node:assert/strict';
import test from 'node:test';
import { checkResult } from '../../demo/checks.ts';
import type { Refused } from '../../demo/refused.ts';
import type { DemoResult } from '../../demo/result.ts';
import { readLine } from '../../demo/sightings/read-line.ts';
import { renderTable, type Paint } from '../../demo/table.ts';

const refused = (who: string, reason: string, ...places: readonly string[]): Refused[] =>
  places.map((at) => ({ who, at, told: reason, seen: reason, times: 1 }));

const lane = { name: 'web → orders', about: 'in process → in process', requests: 1200, failed: 0, failures: [], p50: 2, p99: 9 };

/** A run in which everything was seen. */
const SEEN: DemoResult = {
  services: [
    { name: 'web', kind: 'in process', program: 'Node', rotations: 6 },
    { name: 'files', kind: 'sidecar', program: 'python3 -m http.server', rotations: 5 },
  ],
  traffic: [lane],
  total: lane,
  trafficSeconds: 12,
  intruders: [
    ...refused('a member of another app', 'policy-not-a-member', 'orders', 'catalog'),
    ...refused('a forger of a leaf', 'leaf-signature', 'orders', 'catalog'),
  ],
  forbidden: ['web, in process', 'courier, by curl'].flatMap((who) => refused(who, 'policy-not-listed', 'files')),
  removal: {
    refused: refused('guest, removed', 'member-removed', 'orders', 'ledger', 'catalog'),
    cuts: [
      { service: 'orders', after: 40 },
      { service: 'ledger', after: 90 },
    ],
    linesAfterCut: 0,
    ordersAfterCut: 44,
    entriesAfterCut: 0,
  },
  overhead: [{ what: 'in process', plain: { p50: 0.1, p99: 1 }, mesh: { p50: 0.15, p99: 1 }, times: 1.5 }],
  programs: { python3: true, curl: true, openssl: false },
  leftBehind: [],
  seconds: 25,
};

test('of a run in which all was seen, every check says so', () => {
  assert.deepEqual(unseen(SEEN), []);
});

const [first, second] = SEEN.forbidden as readonly [Refused, Refused];
const worse: Readonly<Record<string, readonly [missed: string, result: DemoResult]>> = {
  'a way that nothing came through': ['traffic in all directions', { ...SEEN, traffic: [{ ...lane, requests: 3, failed: 3 }] }],
  'a failed request': ['no request failed or was mixed up', { ...SEEN, total: { ...lane, failed: 1 } }],
  'no request at all': ['no request failed or was mixed up', { ...SEEN, total: { ...lane, requests: 0 } }],
  'a leaf that did not rotate': [
    'certificates rotated meanwhile, all of them',
    { ...SEEN, services: SEEN.services.map((service, index) => ({ ...service, rotations: index })) },
  ],
  'an intruder at one door only': ['a forger of a leaf was refused', { ...SEEN, intruders: SEEN.intruders.slice(0, 3) }],
  'an intruder who did not come': ['a forger of a leaf was refused', { ...SEEN, intruders: SEEN.intruders.slice(0, 2) }],
  'OpenSSL that did not come though it is there': [
    'OpenSSL with a SPIFFE ID of ours was refused',
    { ...SEEN, programs: { ...SEEN.programs, openssl: true } },
  ],
  'a refusal for another reason': [
    'a member was refused what the policy forbids',
    { ...SEEN, forbidden: [first, { ...second, told: 'leaf-expired', seen: 'leaf-expired' }] },
  ],
  'a refusal without a word to the caller': [
    'a member was refused what the policy forbids',
    { ...SEEN, forbidden: [first, { ...second, told: undefined }] },
  ],
  'a refusal that is not in the log': [
    'a member was refused what the policy forbids',
    { ...SEEN, forbidden: [first, { ...second, seen: undefined }] },
  ],
  'a removed member that was let in': [
    'a removed member was refused',
    { ...SEEN, removal: { ...SEEN.removal, refused: SEEN.removal.refused.slice(1) } },
  ],
  'a connection that stayed open': [
    'its open connections were cut',
    { ...SEEN, removal: { ...SEEN.removal, cuts: SEEN.removal.cuts.slice(1) } },
  ],
  'a connection that was cut late': [
    'its open connections were cut',
    { ...SEEN, removal: { ...SEEN.removal, cuts: SEEN.removal.cuts.map((cut) => ({ ...cut, after: 2001 })) } },
  ],
  'a line after the cut': ['nothing passed after the cut', { ...SEEN, removal: { ...SEEN.removal, linesAfterCut: 1 } }],
  'an entry after the cut': ['nothing passed after the cut', { ...SEEN, removal: { ...SEEN.removal, entriesAfterCut: 1 } }],
  'nothing that could have passed': [
    'nothing passed after the cut',
    { ...SEEN, removal: { ...SEEN.removal, ordersAfterCut: 0 } },
  ],
  'an overhead that was not measured': ['the overhead was measured', { ...SEEN, overhead: [] }],
  'a process that still runs': ['nothing was left behind', { ...SEEN, leftBehind: ['process 7 of web still runs'] }],
  'more than a minute': ['it took less than a minute', { ...SEEN, seconds: 60 }],
};

for (const [what, [missed, result]] of Object.entries(worse)) {
  test(`${what} is not passed over`, () => {
    assert.deepEqual(unseen(result), [missed]);
  });
}

const PLAIN: Paint = { bold: (text) => text, dim: (text) => text, good: (text) => text, bad: (text) => text };

test('the table holds every figure, in columns, on a terminal of 130 columns', () => {
  const lines = renderTable(SEEN, checkResult(SEEN), PLAIN);
  assert.ok(lines.some((line) => /web → orders +in process → in process +1 200 +0 +2\.00 ms +9\.00 ms$/.test(line)));
  assert.ok(lines.some((line) => /guest, removed +orders, ledger, catalog +member-removed +member-removed +3$/.test(line)));
  assert.deepEqual(
    lines.filter((line) => line.length > 130),
    [],
  );
});

test('a sidecar is understood in both forms of its log', () => {
  const facts = { refusal: 'member-removed', detail: 'x by charter 0.9', remote: '127.0.0.1:4' };
  const json = JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level: 'warn', message: 'connection refused', ...facts });
  const human = 'themis: warn: connection refused refusal=member-removed detail="x by charter 0.9" remote=127.0.0.1:4';
  const seen = [readLine('ledger', json, 7), readLine('ledger', human, 7)];
  assert.deepEqual(
    seen.map((sighting) => sighting?.at),
    [Date.parse('2026-01-01T00:00:00.000Z'), 7],
  );
  for (const sighting of seen) {
    assert.equal(sighting?.event, 'refused');
    assert.deepEqual({ ...sighting.facts, ...facts }, { ...sighting.facts });
  }
  assert.equal(readLine('files', 'Serving HTTP on 127.0.0.1', 7), undefined);
});

function unseen(result: DemoResult): readonly string[] {
  return checkResult(result)
    .filter(({ seen }) => !seen)
    .map(({ what }) => what);
}
