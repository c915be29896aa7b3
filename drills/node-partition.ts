import { setTimeout as delay } from 'node:timers/promises';
import type { Address, RecordKey } from '@themis-mesh/core';
import { atLeast, atMost, figure, type Measurement } from '../scripts/measure/index.ts';
import type { Found } from './kad/commands.ts';
import { hostName, KadGround, nowSeconds } from './kad/ground.ts';
import { MemberRecords } from './kad/member-records.ts';
import { NodeHost } from './kad/node-host.ts';
import { settled } from './kad/node-hosts.ts';
import { PartedNetworks, whyNoNetworks } from './kad/parted-networks.ts';
import { numberOf } from './kad/words.ts';

const SIDES = [0, 1] as const;
/** The service that each side goes on writing. */
const WRITERS = ['east', 'west'] as const;
const WRITE_EVERY_MS = 1000;
/** How long a side has to find out that the other is gone. */
const SHOCK_MS = 10_000;
const HEALED_SECONDS = 20;

/** One find, and whose. */
type Seen = Found & { readonly side: number };

interface Written {
  readonly at: number;
  readonly side: number;
  readonly sequence: number;
  readonly outcome: string;
}

/** Two sites whose link fails, and comes back. */
export const nodePartition: Measurement = {
  name: 'node-partition',
  summary: 'a network of nodes is parted and healed: both sides go on, and agree again; root only [--seconds 60] [--nodes 10]',
  async run({ words, print }) {
    const [seconds, count] = [numberOf(words, 'seconds', 60), numberOf(words, 'nodes', 10)];
    const why = whyNoNetworks();
    if (why !== undefined) {
      print(`SKIPPED: ${why}`);
      return [atMost('partitions that were tried', 0, 'partitions', 0)];
    }
    await using ends = new AsyncDisposableStack();
    const networks = ends.use(await PartedNetworks.make());
    const ground = ends.use(await KadGround.lay(2, WRITERS));
    const hosts = SIDES.map((side) => ends.use(new NodeHost(ground.root, hostName(side), networks.side(side).prefix)));
    const each = Math.ceil(count / 2);
    let bootstrap: readonly Address[] = [];
    for (const [side, host] of hosts.entries()) {
      const { host: at } = networks.side(side === 0 ? 0 : 1);
      bootstrap = await host.tell('start', { count: each, bootstrap: bootstrap.slice(0, 2), host: at });
    }
    await settled(hosts, 2 * each);

    const writers = await Promise.all(WRITERS.map((name) => MemberRecords.open(ground.root, name, nowSeconds())));
    const written: Written[] = [];
    const write = async (side: number, sequence: number): Promise<void> => {
      const record = await writers[side]?.service(sequence, nowSeconds());
      const at = Date.now();
      const [outcome = 'nothing'] = record === undefined ? [] : ((await hosts[side]?.tell('store', [record])) ?? []);
      written.push({ at, side, sequence, outcome });
    };
    await hosts[0]?.tell('store', await ground.histories());
    await Promise.all(SIDES.map((side) => write(side, 1)));

    const keys: readonly RecordKey[] = WRITERS.map((name) => ({ kind: 'service', id: ground.id(name) }));
    const orders = { keys, pauseMs: 25, seconds: seconds + HEALED_SECONDS + 3 };
    const finding = hosts.map(async (host, side) => (await host.tell('find', orders)).map((found) => ({ ...found, side })));
    let isOver = false;
    const writing = (async () => {
      for (let sequence = 2; !isOver; sequence += 1) {
        await Promise.all([...SIDES.map((side) => write(side, sequence)), delay(WRITE_EVERY_MS)]);
      }
    })();
    await delay(2000);
    const parted = Date.now();
    await networks.part();
    await delay(seconds * 1000);
    const healed = Date.now();
    await networks.heal();
    const seen: readonly Seen[] = (await Promise.all(finding)).flat();
    isOver = true;
    await writing;

    const calm = seen.filter(({ at }) => at >= parted + SHOCK_MS && at < healed);
    const shocked = seen.filter(({ at }) => at >= parted && at < parted + SHOCK_MS);
    print(`in the first ${SHOCK_MS / 1000} s apart ${figure(answered(shocked))} % of ${shocked.length} finds were answered`);
    const apart = written.filter(({ at }) => at >= parted + SHOCK_MS && at < healed);
    const last = SIDES.map((side) =>
      Math.max(...written.filter((each) => each.side === side && each.at < healed).map(sequenceOf)),
    );
    return [
      atLeast('finds answered while apart', answered(calm), '%', 99.9),
      atLeast(
        'stores taken while apart',
        (apart.filter(({ outcome }) => outcome === 'stored').length / apart.length) * 100,
        '%',
        99,
      ),
      atMost('readers that went back in sequence', countBackwards(seen), 'finds', 0),
      atMost('all readers have what both sides wrote, after', convergence(seen, healed, last, each) / 1000, 's', 10),
    ];
  },
};

function sequenceOf({ sequence }: Written): number {
  return sequence;
}

function answered(seen: readonly Seen[]): number {
  return (seen.filter(({ outcome }) => outcome === 'found').length / seen.length) * 100;
}

function readerOf({ side, node, key }: Seen): string {
  return `${side}/${node}/${key}`;
}

function countBackwards(seen: readonly Seen[]): number {
  const newest = new Map<string, number>();
  let count = 0;
  for (const found of seen) {
    const before = newest.get(readerOf(found)) ?? 0;
    const sequence = found.sequence ?? 0;
    if (found.outcome === 'found' && sequence < before) count += 1;
    newest.set(readerOf(found), Math.max(before, sequence));
  }
  return count;
}

/** Milliseconds from the healing until each reader has found what was last written apart; all the time where one has not. */
function convergence(seen: readonly Seen[], healed: number, last: readonly number[], each: number): number {
  const first = new Map<string, number>();
  for (const found of seen) {
    const isNew = found.at >= healed && (found.sequence ?? 0) >= (last[found.key] ?? Infinity);
    if (isNew && !first.has(readerOf(found))) first.set(readerOf(found), found.at + found.took - healed);
  }
  const readers = SIDES.length * each * WRITERS.length;
  return first.size < readers ? HEALED_SECONDS * 1000 : Math.max(...first.values());
}
