import { setTimeout as delay } from 'node:timers/promises';
import type { IdentityId } from '@themis-mesh/core';
import { DEADLINE_MS, waitFor } from '@themis-mesh/testkit';
import type { Served } from '../bench/peers/ground/process.ts';
import {
  atLeast,
  atMost,
  figure,
  memoryOf,
  percentileOf,
  processCpu,
  type Goal,
  type Measurement,
} from '../scripts/measure/index.ts';
import type { Begun, Found, Seen } from './kad/commands.ts';
import { hostName, KadGround } from './kad/ground.ts';
import { startNodes, type HostedNodes } from './kad/node-hosts.ts';
import { requireBuilt, startLoneNode } from './kad/lone-node.ts';
import { NodeHost } from './kad/node-host.ts';
import { numberOf } from './kad/words.ts';

const MIB = 1024 * 1024;
/** The life of an instance's record, and what the clock's whole seconds add. */
const LIFE_SECONDS = 61;
/** How long one node in a process is left alone. */
const IDLE_SECONDS = 20;
const FIND_SECONDS = 8;
const INSTANCES_AT_ONCE = 100;
/** How many instances come and go while all watch. */
const COMING = 20;

type Print = (line: string) => void;

/** What a network of nodes on one machine costs, and how fast it tells. */
export const nodes: Measurement = {
  name: 'nodes',
  summary: 'nodes in several processes: finds, watches, what an idle one costs [--nodes 50] [--each 10] [--crowd 100]',
  async run({ words, print }) {
    const [count, each] = [numberOf(words, 'nodes', 50), numberOf(words, 'each', 10)];
    const crowd = numberOf(words, 'crowd', INSTANCES_AT_ONCE);
    requireBuilt();
    await using ends = new AsyncDisposableStack();
    const processes = Math.ceil(count / each);
    const ground = ends.use(await KadGround.lay(processes + 2, ['web', 'crowd', 'reader']));
    const begun = performance.now();
    const hosted = await startNodes(ground, { nodes: count, each }, ends);
    print(`${count} nodes in ${processes} processes knew each other after ${figure((performance.now() - begun) / 1000)} s`);
    const sizes = hosted.hosts.map(({ pid }) => memoryOf(pid).resident / MIB);
    print(`memory of a node, ${each} to a process: ${figure(sum(sizes) / count)} MiB`);
    return [
      ...(await measureFinds(ground, hosted, print)),
      ...(await measureCrowd(hosted, ground.id('crowd'), crowd, print)),
      ...(await measureWatches(hosted, ground.id('web'), print)),
      ...(await measureKill(ground, hosted)),
    ];
  },
};

async function measureFinds(ground: KadGround, { hosts }: HostedNodes, print: Print): Promise<readonly Goal[]> {
  const records = await ground.histories();
  const [first] = hosts;
  const stored = (await first?.tell('store', records)) ?? [];
  const keys = records.map(({ key }) => key);
  const orders = { keys, pauseMs: 0 };
  await first?.tell('find', { ...orders, seconds: 2 });
  const warm = (await first?.tell('find', { ...orders, seconds: FIND_SECONDS })) ?? [];
  const cold = (await first?.tell('findCold', { ...orders, service: 'reader', seconds: FIND_SECONDS })) ?? [];
  const [warmMs, coldMs] = [timesOf(warm), timesOf(cold)];
  print(`${cold.length} finds with tunnels cold: ${describe(coldMs)}`);
  print(`${warm.length} finds with tunnels warm: ${describe(warmMs)}`);
  return [
    atLeast('records stored', stored.filter((outcome) => outcome === 'stored').length, 'records', records.length),
    atLeast('finds that found, tunnels warm', share(warm), '%', 100),
    atLeast('finds that found, tunnels cold', share(cold), '%', 100),
    atMost('a find with tunnels warm, p50', percentileOf(warmMs, 50), 'ms', 5),
    atMost('a find with tunnels warm, p99', percentileOf(warmMs, 99), 'ms', 30),
  ];
}

/** Many instances that come at one moment. */
async function measureCrowd({ hosts }: HostedNodes, id: IdentityId, crowd: number, print: Print): Promise<readonly Goal[]> {
  const shares = hosts.map((_, host) => namesFor(`c${host}`, Math.ceil((crowd - host) / hosts.length)));
  const begun = await Promise.all(
    hosts.map((host, index) => host.tell('appear', { service: 'crowd', instances: shares[index] ?? [] })),
  );
  const start = Math.min(...begun.flat().map(({ at }) => at));
  let least = 0;
  await waitFor(
    async () => {
      const found = await Promise.all(hosts.map((host) => host.tell('instances', id)));
      least = Math.min(...found.flat().map((names) => new Set(names).size));
      return least >= crowd;
    },
    'all instances at all nodes',
    DEADLINE_MS,
  ).catch(() => undefined);
  print(`${crowd} instances at once were found by all after ${figure((Date.now() - start) / 1000)} s`);
  await Promise.all(hosts.map((host) => host.tell('disappear', null)));
  return [atLeast('instances that came at once, found by each node', least, 'instances', crowd)];
}

/** Instances that come and go, one after the other, while all nodes watch. */
async function measureWatches({ hosts }: HostedNodes, id: IdentityId, print: Print): Promise<readonly Goal[]> {
  const [first] = hosts;
  const watchers = (await Promise.all(hosts.map((host) => host.tell('status', null)))).flat().length;
  await Promise.all(hosts.map((host) => host.tell('watch', id)));
  await delay(2000);
  const came: number[] = [];
  const went: number[] = [];
  let expected = 0;
  for (let turn = 0; turn < COMING; turn += 1) {
    const begun = (await first?.tell('appear', { service: 'web', instances: [`w${turn}`] })) ?? [];
    came.push(...(await delays(hosts, begun, watchers, true)));
    const ended = (await first?.tell('disappear', null)) ?? [];
    went.push(...(await delays(hosts, ended, watchers, false)));
    expected += watchers;
  }
  const [new99, gone99] = [percentileOf(Float64Array.from(came).sort(), 99), percentileOf(Float64Array.from(went).sort(), 99)];
  print(`${watchers} watchers, ${COMING} instances: new ${describe(Float64Array.from(came).sort())}`);
  print(`gone ${describe(Float64Array.from(went).sort())}`);
  return [
    atLeast('new instances that watchers saw', came.length, 'sights', expected),
    atLeast('stopped instances that watchers saw', went.length, 'sights', expected),
    atMost('a new instance is seen by the watchers after, p99', new99, 'ms', 1000),
    atMost('a stopped instance is seen by the watchers after, p99', gone99, 'ms', 1000),
  ];
}

/** Milliseconds until each watcher saw it. */
async function delays(
  hosts: readonly NodeHost[],
  [begun]: readonly Begun[],
  watchers: number,
  isThere: boolean,
): Promise<readonly number[]> {
  const first = new Map<string, number>();
  const take = (host: number, { node, instance, at, isThere: was }: Seen): void => {
    const name = `${host}/${node}`;
    if (begun !== undefined && instance === begun.instance && was === isThere && !first.has(name)) first.set(name, at - begun.at);
  };
  await waitFor(
    async () => {
      const all = await Promise.all(hosts.map((host) => host.tell('seen', null)));
      for (const [host, seen] of all.entries()) for (const each of seen) take(host, each);
      return first.size >= watchers;
    },
    'all watchers',
    DEADLINE_MS,
  ).catch(() => undefined);
  return [...first.values()];
}

/** A process with an instance that is killed; until its record ends, one node alone in a process is left idle. */
async function measureKill(ground: KadGround, { hosts, addresses }: HostedNodes): Promise<readonly Goal[]> {
  const alone = await startLoneNode(ground.root, hostName(hosts.length), addresses.slice(0, 3));
  await using ends = new AsyncDisposableStack();
  ends.defer(alone.stop);
  await using victim = new NodeHost(ground.root, hostName(hosts.length + 1));
  await victim.tell('start', { count: 1, bootstrap: addresses.slice(0, 3) });
  await victim.tell('appear', { service: 'web', instances: ['victim'] });
  const id = ground.id('web');
  const remaining = async (): Promise<number> => {
    const found = (await Promise.all(hosts.map((host) => host.tell('instances', id)))).flat();
    return found.filter((names) => names.includes('victim')).length;
  };
  await waitFor(async () => (await remaining()) > 0, 'the instance');
  const killed = Date.now();
  await victim.kill();
  const idle = await measureIdle(alone);
  await waitFor(
    async () => {
      await delay(250);
      return (await remaining()) === 0;
    },
    'the end of the killed instance',
    2 * LIFE_SECONDS * 1000,
  ).catch(() => undefined);
  return [...idle, atMost('a killed instance is found by nobody after', (Date.now() - killed) / 1000, 's', LIFE_SECONDS)];
}

async function measureIdle({ pid }: Served): Promise<readonly Goal[]> {
  await delay(5000);
  const cpu = processCpu(pid);
  const [before, since] = [cpu(), performance.now()];
  await delay(IDLE_SECONDS * 1000);
  const share = ((cpu() - before) / 1000 / (performance.now() - since)) * 100;
  return [
    atMost('an idle node costs, of one core', share, '%', 1),
    atMost('an idle node holds', memoryOf(pid).resident / MIB, 'MiB', 80),
  ];
}

function namesFor(prefix: string, count: number): readonly string[] {
  return Array.from({ length: Math.max(0, count) }, (_, index) => `${prefix}-${index}`);
}

function timesOf(found: readonly Found[]): Float64Array {
  return Float64Array.from(found, ({ took }) => took).sort();
}

function describe(sorted: Float64Array): string {
  const at = (percent: number): string => figure(percentileOf(sorted, percent));
  return `p50 ${at(50)} ms, p90 ${at(90)} ms, p99 ${at(99)} ms`;
}

function share(found: readonly Found[]): number {
  return (found.filter(({ outcome }) => outcome === 'found').length / found.length) * 100;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
