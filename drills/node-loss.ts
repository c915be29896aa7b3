import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, atMost, figure, percentileOf, type Measurement } from '../scripts/measure/index.ts';
import type { Found } from './kad/commands.ts';
import { digestOf } from './kad/find-on-and-on.ts';
import { KadGround } from './kad/ground.ts';
import { startNodes } from './kad/node-hosts.ts';
import { numberOf } from './kad/words.ts';

/** How long finds go on behind the loss, and when all have to be answered again. */
const SECONDS = 20;
const HEALED_MS = 5000;
const EXTRA_RECORDS = 40;

/** A third of all nodes die at once. */
export const nodeLoss: Measurement = {
  name: 'node-loss',
  summary: 'a third of all nodes are killed at once: no wrong answer, and all answers after 5 s [--nodes 50] [--each 2]',
  async run({ words, print }) {
    const [count, each] = [numberOf(words, 'nodes', 50), numberOf(words, 'each', 2)];
    await using ends = new AsyncDisposableStack();
    const services = Array.from({ length: EXTRA_RECORDS }, (_, index) => `service-${index}`);
    const ground = ends.use(await KadGround.lay(Math.ceil(count / each), services));
    const { hosts } = await startNodes(ground, { nodes: count, each }, ends);
    const records = await ground.histories();
    const outcomes = await hosts[0]?.tell('store', records);
    const digests = records.map(({ bytes }) => digestOf(bytes));
    const orders = { keys: records.map(({ key }) => key), seconds: SECONDS, pauseMs: 20 };

    const lost = Math.floor(count / 3 / each);
    // Any third: which processes die is drawn anew each time, and those that store or read are no exception.
    const drawn = hosts.map((host) => ({ host, at: Math.random() })).sort((a, b) => a.at - b.at);
    const [dying, living] = [drawn.slice(0, lost), drawn.slice(lost)];
    const finding = living.map(({ host }) => host.tell('find', orders));
    await delay(2000);
    const killed = Date.now();
    await Promise.all(dying.map(({ host }) => host.kill()));
    const found = (await Promise.all(finding)).flat();
    const after = found.filter(({ at }) => at >= killed + HEALED_MS);
    const isWrong = ({ outcome, digest, key }: Found): boolean =>
      outcome === 'not-found' || (outcome === 'found' && digest !== digests[key]);
    const early = found.filter(({ at }) => at >= killed && at < killed + HEALED_MS);
    const times = (finds: readonly Found[]): Float64Array => Float64Array.from(finds, ({ took }) => took).sort();
    print(`${lost * each} of ${count} nodes killed; ${records.length} records, ${found.length} finds`);
    print(`in the first 5 s: ${figure(answered(early))} % answered, p99 ${figure(percentileOf(times(early), 99))} ms`);
    print(`after them: p50 ${figure(percentileOf(times(after), 50))} ms, p99 ${figure(percentileOf(times(after), 99))} ms`);
    return [
      atLeast('records stored', outcomes?.filter((outcome) => outcome === 'stored').length ?? 0, 'records', records.length),
      atLeast('nodes killed, of a third', (lost * each) / Math.floor(count / 3), 'parts', 0.8),
      atMost('wrong answers', found.filter(isWrong).length, 'answers', 0),
      atLeast('finds answered after 5 s', answered(after), '%', 99.9),
    ];
  },
};

function answered(found: readonly Found[]): number {
  return (found.filter(({ outcome }) => outcome === 'found').length / found.length) * 100;
}
