import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { freePort } from '@themis-mesh/testkit';
import { dialPlain } from '../test/raw.ts';
import { TestHome } from '../test/test-home.ts';
import { readAnswers } from './answers.ts';
import { BACK_ENDS, type BackEnd } from './back-ends.ts';
import { CORPUS, type Case, type Meaning, type Place, type Sent } from './corpus/index.ts';
import { tell, written } from './echo.ts';
import { chanceFrom, fly, inPieces } from './flight.ts';

/** Says how flights are cut. `THEMIS_SMUGGLING=SEED` flies a run again, `SEED:CASE` one case of it. */
const [SEED = Math.floor(Math.random() * 2 ** 31), ONLY] = process.env['THEMIS_SMUGGLING']?.split(':').map(Number) ?? [];

/** As many are on their way at one time. */
const AT_ONCE = 24;

/** For how long a case may be silent before nothing more is said to it, and before it is held to be stuck. Milliseconds. */
const PATIENCE = 250;
const LONG_PATIENCE = 1000;

/** A way to a service. */
interface Way {
  readonly name: 'ingress' | 'forward' | 'proxy' | 'channel';
  readonly host: string;
  readonly credential: string;
  /** Whether Node's parser reads what comes on it, and not ours. */
  readonly isNodes: boolean;
  readonly open: () => Promise<Duplex>;
}

/** What has Node's server end a connection behind a request. */
const ENDS = /HTTP\/1\.0\r|\nconnection: close/i;

type Outcome = 'one meaning' | 'refused' | 'refused by the back-end' | 'broken off' | 'unfinished';

for (const [name, { why, start }] of Object.entries(BACK_ENDS)) {
  test(
    `whatever is sent to ${name} through sidecars has one meaning, or is refused`,
    { skip: why ?? false, timeout: 120_000 },
    async (t) => {
      await using home = await TestHome.create(name, 'web');
      const backEnd = await start(home);
      const ways = await waysTo(home, name, backEnd.port);
      const flights = CORPUS.flatMap((one, index) => ways.map((way) => ({ one, index, way }))).filter(
        ({ index }) => ONLY === undefined || index === ONLY,
      );
      const outcomes = new Map<string, number>();
      const faults: string[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let flight = flights[next++]; flight !== undefined; flight = flights[next++]) {
          const { one, index, way } = flight;
          try {
            const outcome = await judge(flight, backEnd);
            outcomes.set(`${way.name}: ${outcome}`, (outcomes.get(`${way.name}: ${outcome}`) ?? 0) + 1);
          } catch (error) {
            faults.push(
              `${SEED}:${index} by ${way.name}: ${one.name}: ${error instanceof Error ? error.message : String(error)}`,
            );
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      report(t, outcomes);
      assert.deepEqual(faults.slice(0, 20), [], `${faults.length} of ${flights.length}`);
      assert.deepEqual(backEnd.echo.strays, []);
      await requireAll(backEnd);
    },
  );
}

interface Flight {
  readonly one: Case;
  readonly index: number;
  readonly way: Way;
}

/** Sends a case between two requests that are fine, and holds what was carried out against what was answered. */
async function judge(flight: Flight, backEnd: BackEnd): Promise<Outcome> {
  const { hasWaited, decide } = await launch(flight, backEnd, 0, PATIENCE);
  try {
    return decide();
  } catch (error) {
    // A machine may be slow.
    if (!hasWaited) throw error;
  }
  return (await launch(flight, backEnd, 1, LONG_PATIENCE)).decide();
}

async function launch(
  { one, index, way }: Flight,
  { echo }: BackEnd,
  turn: number,
  patience: number,
): Promise<{ readonly hasWaited: boolean; readonly decide: () => Outcome }> {
  const chance = chanceFrom(SEED + index);
  const flight = `${index}-${way.name}-${turn}`;
  const place = placeOn(way, flight);
  const sent = one.send(place);
  const before = index % 3 === 0 ? [plain(place, 'before', '')] : [];
  // Node's server answers 400 in the place of an answer that is under way, where bytes follow a request that was to be the last.
  const isLast = sent.isUnfinished === true || (way.isNodes && sent.means !== undefined && ENDS.test(sent.bytes));
  const all = [...before, sent, ...(isLast ? [] : [plain(place, 'behind', 'connection: close\r\n')])];
  // Node's parser has an end of its own for what comes behind a request that is not answered yet.
  const first = way.isNodes ? before.map((each) => each.bytes).join('') : '';
  const bytes = Buffer.from(
    all
      .map((each) => each.bytes)
      .join('')
      .slice(first.length),
    'latin1',
  );
  const pieces = inPieces(bytes, 1 + Math.floor(chance() * 3), chance);
  const landed = await fly(await way.open(), { first, pieces }, patience);
  const decide = (): Outcome => {
    const answers = readAnswers(landed.text, [...before.map(() => 'GET'), sent.bytes.split(' ')[0] ?? '']);
    const seen = echo.seen.get(flight) ?? [];
    // In number and in order; and nothing but what may be meant, and nothing behind what has no meaning.
    assert.deepEqual(
      seen,
      answers.flatMap((answer) => answer.echo ?? []),
      `carried out, and answered: ${landed.text.slice(0, 300)}`,
    );
    const meant = meaningsUpToDoubt(all);
    assert.deepEqual(
      seen.filter((line) => !meant.includes(line)),
      [],
      'carried out, and never meant',
    );
    assert.deepEqual(
      seen,
      meant.filter((line) => seen.includes(line)),
      'carried out of order, or twice',
    );
    const answer = answers[before.length];
    if (sent.isPlain === true)
      assert.ok(answer?.echo !== undefined || answer?.isBackEnds === true, `not served: ${landed.text.slice(0, 300)}`);
    if (answer?.echo !== undefined) return 'one meaning';
    if (sent.means === undefined && answer !== undefined)
      assert.equal(answer.isBackEnds, false, `passed on: ${landed.text.slice(0, 300)}`);
    if (sent.isUnfinished === true && (answer === undefined || answer.status === 400)) return 'unfinished';
    // Node's server breaks off without a word where its last answer has just gone out.
    if (answer === undefined && way.isNodes) return 'broken off';
    assert.ok(answer !== undefined, 'no answer');
    assert.ok(
      (answer.status >= 400 && answer.status < 500) || answer.status === 501 || answer.status === 505,
      `${answer.status}: ${landed.text.slice(0, 300)}`,
    );
    return answer.isBackEnds ? 'refused by the back-end' : 'refused';
  };
  return { hasWaited: landed.hasWaited, decide };
}

function plain(place: Place, name: string, fields: string): Sent {
  const bytes = `GET ${place.target(name)} HTTP/1.1\r\n${place.lines}${fields}\r\n`;
  return { bytes, means: { method: 'GET', path: place.path(name), body: '' } };
}

function meaningsUpToDoubt(all: readonly Sent[]): readonly string[] {
  const doubt = all.findIndex(({ means }) => means === undefined);
  return all
    .slice(0, doubt === -1 ? undefined : doubt)
    .flatMap(({ means }) => means ?? [])
    .map((means: Meaning) => tell(means));
}

function placeOn({ name, host, credential }: Way, flight: string): Place {
  const path = (end: string): string => `/flight/${flight}/${end}`;
  const isProxy = name === 'proxy';
  return {
    isProxy,
    host,
    lines: `host: ${host}\r\n${credential}`,
    path,
    target: (end) => (isProxy ? `http://${host}${path(end)}` : path(end)),
  };
}

/** Every way to send bytes of one's own to a service. */
async function waysTo(home: TestHome, service: string, port: number): Promise<readonly Way[]> {
  const { ports } = await home.sidecar(service, { port: String(port), ingress: '127.0.0.1:0' });
  const forward = await freePort();
  const idle = await home.serve((_, response) => response.end());
  const web = await home.sidecar('web', { port: String(idle), forward: [`${forward}=http:${service}`] });
  const { username, password, port: proxyPort } = new URL(web.sidecar.environment({})['http_proxy'] ?? '');
  const credential = `proxy-authorization: Basic ${btoa(`${username}:${password}`)}\r\n`;
  const dial = await home.dialer('web', 'http/1.1');
  const host = service;
  return [
    { name: 'ingress', host, credential: '', isNodes: true, open: () => dialPlain(ports.ingress?.port ?? 0) },
    { name: 'forward', host, credential: '', isNodes: false, open: () => dialPlain(forward) },
    { name: 'proxy', host: `${service}.mesh.internal`, credential, isNodes: false, open: () => dialPlain(Number(proxyPort)) },
    { name: 'channel', host, credential: '', isNodes: true, open: async () => (await dial(ports.mesh.port)).socket },
  ];
}

/** The back-end's own record has what was answered, what it refused itself, what was cut off (-1, 499), and nothing else. */
async function requireAll({ finish, echo }: BackEnd): Promise<void> {
  if (finish === undefined) return;
  const carried = (await finish())
    .filter((line) => !/^(?:-1|4\d\d|501|505) /.test(line))
    .map((line) => written(line.replace(/^\d+ /, '').replace(/(?:#|\\x)22/g, '"')));
  const answered = [...echo.seen.values()].flat().map((line) => line.replace(/ \d+ \w+$/, ''));
  assert.deepEqual(carried.sort(), answered.sort());
}

function report(t: TestContext, outcomes: ReadonlyMap<string, number>): void {
  t.diagnostic(`seed ${SEED}, ${CORPUS.length} cases, each in four ways`);
  for (const [what, count] of [...outcomes].sort()) t.diagnostic(`${what}: ${count}`);
}
