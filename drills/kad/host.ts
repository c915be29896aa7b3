import type { IdentityId } from '@themis-mesh/core';
import { startNode, type DirectoryNode } from '@themis-mesh/node';
import type { Commands, Order, Report, Said, Seen, Told } from './commands.ts';
import { findOnAndOn } from './find-on-and-on.ts';
import { HostedInstances } from './hosted-instances.ts';
import { RawClient } from './raw-client.ts';
import { seenOf } from './seen-instance.ts';

// A process of its own with nodes of one member, which does what it is told. Arguments: the home, the member.

const [home = '', member = ''] = process.argv.slice(2);

const nodes: DirectoryNode[] = [];
const seen: Seen[] = [];
const instances = new HostedInstances(home);

const actions: { readonly [K in keyof Commands]: (told: Told<K>) => Promise<Said<K>> } = {
  async start({ count, bootstrap, host }) {
    for (let number = 0; number < count; number += 1) {
      const first = nodes[0]?.address;
      const known = bootstrap.length > 0 || first === undefined ? bootstrap : [{ host: first.address, port: first.port }];
      const where = host === undefined ? {} : { host };
      nodes.push(await startNode({ service: member, home, port: 0, index: nodes.length, bootstrap: known, ...where }));
    }
    return nodes.map(({ address }) => ({ host: address.address, port: address.port }));
  },
  status: () =>
    Promise.resolve(
      nodes.map(({ status: { neighbours, tunnels, records } }) => ({ neighbours: neighbours.length, tunnels, records })),
    ),
  store: (records) => Promise.all(records.map(async (record) => (await nodeAt(0).directory.store(record)).outcome)),
  find: (orders) =>
    findOnAndOn(
      orders,
      nodes.map(({ directory }) => directory),
    ),
  async findCold(orders) {
    await using client = await RawClient.join(home, orders.service);
    return await findOnAndOn(orders, [await client.coldDirectory(nodeAt(0))]);
  },
  instances: (service) => Promise.all(nodes.map((node) => namesOf(node, service))),
  watch(service) {
    for (const [node, { directory }] of nodes.entries()) {
      void (async () => {
        const watch = directory.watch({ kind: 'instances', id: service }, new AbortController().signal);
        for await (const record of watch) seen.push(...seenOf(record, node));
      })();
    }
    return Promise.resolve(null);
  },
  seen: () => Promise.resolve(seen.splice(0)),
  appear: ({ service, instances: names }) =>
    instances.appear(
      service,
      names,
      nodes.map(({ directory }) => directory),
    ),
  disappear: () => instances.disappear(),
};

process.on('message', (message) => void obey(message as Order));

async function obey<K extends keyof Commands>({ id, command, told }: Order<K>): Promise<void> {
  let report: Report;
  try {
    report = { id, said: await actions[command](told) };
  } catch (error) {
    report = { id, error: `${member}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` };
  }
  process.send?.(report);
}

async function namesOf({ directory }: DirectoryNode, service: IdentityId): Promise<readonly string[]> {
  const answer = await directory.instances(service);
  if (answer.outcome !== 'found') return [];
  return answer.records.flatMap((record) => seenOf(record, 0).flatMap(({ instance, isThere }) => (isThere ? [instance] : [])));
}

function nodeAt(index: number): DirectoryNode {
  const node = nodes[index];
  if (node === undefined) throw new RangeError(`there is no node ${index}`);
  return node;
}
