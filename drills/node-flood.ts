import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordKey } from '@themis-mesh/core';
import { atLeast, atMost, figure, memoryOf, percentileOf, type Measurement } from '../scripts/measure/index.ts';
import type { Found } from './kad/commands.ts';
import type { FloodOrders, FloodReport } from './kad/flooder.ts';
import { KadGround } from './kad/ground.ts';
import { NodeHost } from './kad/node-host.ts';
import { settled } from './kad/node-hosts.ts';
import { numberOf } from './kad/words.ts';

const MIB = 1024 * 1024;
const STORES = 1_000_000;
const MALFORMED = 100_000;
/** Messages a second: more than a node takes of one peer, so that most are refused by rule. */
const RATE = 4_000;
/** Enough of a flood to have everything loaded and every bound reached. */
const WARM_UP = 10_000;
const QUIET_SECONDS = 10;
const FRIENDS = 4;

/** A member that turns against a node. */
export const nodeFlood: Measurement = {
  name: 'node-flood',
  summary: `a member floods a node: it stays, and good finds go on [--count ${STORES}] [--malformed ${MALFORMED}] [--rate ${RATE}]`,
  async run({ words, print }) {
    const [stores, malformed] = [numberOf(words, 'count', STORES), numberOf(words, 'malformed', MALFORMED)];
    const rate = numberOf(words, 'rate', RATE);
    await using ends = new AsyncDisposableStack();
    const ground = ends.use(await KadGround.lay(2, ['mallory']));
    const friends = ends.use(new NodeHost(ground.root, 'host-1'));
    const target = ends.use(new NodeHost(ground.root, 'host-2'));
    const bootstrap = await friends.tell('start', { count: FRIENDS, bootstrap: [] });
    const [address] = await target.tell('start', { count: 1, bootstrap });
    if (address === undefined) throw new TypeError('the node has no address');
    await settled([friends, target], FRIENDS + 1);
    const records = await ground.histories();
    await friends.tell('store', records);
    const keys = records.map(({ key }) => key);

    const common = { home: ground.root, service: 'mallory', address, rate };
    const warmUp = { ...common, first: 0, stores: Math.min(stores, WARM_UP), malformed: Math.min(malformed, 1000) };
    await flood(ends, { ...warmUp, file: joinPath(ground.root, 'warm-up') });
    const attack = await prepare(ends, { ...common, first: WARM_UP, stores, malformed, file: joinPath(ground.root, 'flood') });
    print(`${stores} STOREs are signed`);
    await friends.tell('find', { keys, seconds: 2, pauseMs: 5 });
    const quiet = await friends.tell('find', { keys, seconds: QUIET_SECONDS, pauseMs: 5 });
    const before = memoryOf(target.pid).resident;
    const watched = watch(target, friends, keys);
    const report = await release(attack);
    const { found, most } = await watched.end();

    print(`in ${figure(report.seconds)} s, over ${report.dials} connections, the node said: ${JSON.stringify(report.said)}`);
    const [calm, busy] = [p99(quiet), p99(found)];
    print(`good finds: p99 ${figure(calm)} ms in calm (${quiet.length}), ${figure(busy)} ms meanwhile (${found.length})`);
    const after = await target.tell('status', null);
    const answered = Object.values(report.said).reduce((sum, count) => sum + count, 0);
    return [
      atLeast('the node goes on', after.length, 'nodes', 1),
      atLeast('hostile messages sent', answered, 'messages', stores + malformed),
      atMost('growth of memory', (most - before) / MIB, 'MiB', 64),
      atMost('good finds meanwhile that found nothing', found.filter(({ outcome }) => outcome !== 'found').length, 'finds', 0),
      atMost("good finds' p99, of that in calm", busy / calm, 'times', 3),
    ];
  },
};

/** Signs what there is to sign. */
async function prepare(ends: AsyncDisposableStack, orders: FloodOrders): Promise<ChildProcess> {
  const child = fork(new URL('./kad/flooder.ts', import.meta.url), { execArgv: process.execArgv });
  ends.defer(() => void child.kill());
  child.send(orders);
  await once(child, 'message');
  return child;
}

async function release(child: ChildProcess): Promise<FloodReport> {
  child.send('go');
  const [report] = (await once(child, 'message')) as [FloodReport];
  return report;
}

async function flood(ends: AsyncDisposableStack, orders: FloodOrders): Promise<FloodReport> {
  return release(await prepare(ends, orders));
}

/** Good finds, and the most memory that the node held, until it is ended. */
function watch(
  target: NodeHost,
  friends: NodeHost,
  keys: readonly RecordKey[],
): { end: () => Promise<{ found: readonly Found[]; most: number }> } {
  let isOver = false;
  const found: Found[] = [];
  let most = 0;
  const finding = (async () => {
    while (!isOver) found.push(...(await friends.tell('find', { keys, seconds: 1, pauseMs: 5 })));
  })();
  const looking = (async () => {
    while (!isOver) {
      most = Math.max(most, memoryOf(target.pid).resident);
      await delay(100);
    }
  })();
  return {
    async end() {
      isOver = true;
      await Promise.all([finding, looking]);
      return { found, most };
    },
  };
}

function p99(found: readonly Found[]): number {
  return percentileOf(Float64Array.from(found, ({ took }) => took).sort(), 99);
}
