import type { Address } from '@themis-mesh/core';
import { waitFor } from '@themis-mesh/testkit';
import { hostName, type KadGround } from './ground.ts';
import { NodeHost } from './node-host.ts';

/** How long nodes have to know each other. */
const SETTLE_MS = 60_000;

export interface HostedNodes {
  readonly hosts: readonly NodeHost[];
  readonly addresses: readonly Address[];
}

/** Starts nodes in processes, so many in each, and waits until all know all whom they have room for. */
export async function startNodes(
  ground: KadGround,
  { nodes, each }: { readonly nodes: number; readonly each: number },
  ends: AsyncDisposableStack,
): Promise<HostedNodes> {
  const hosts = Array.from({ length: Math.ceil(nodes / each) }, (_, index) =>
    ends.use(new NodeHost(ground.root, hostName(index))),
  );
  const counts = hosts.map((_, index) => Math.min(each, nodes - index * each));
  const [first, ...others] = hosts;
  const [count = 0, ...rest] = counts;
  const known = (await first?.tell('start', { count, bootstrap: [] })) ?? [];
  const bootstrap = known.slice(0, 3);
  const more = await Promise.all(others.map((host, index) => host.tell('start', { count: rest[index] ?? 0, bootstrap })));
  await settled(hosts, nodes);
  return { hosts, addresses: [...known, ...more.flat()] };
}

/** Waits until each node knows enough others that every lookup ends at the right ones: all of a few, most of many. */
export async function settled(hosts: readonly NodeHost[], nodes: number): Promise<void> {
  const wanted = Math.min(nodes - 1, Math.ceil(nodes * 0.6));
  await waitFor(
    async () => {
      const all = (await Promise.all(hosts.map((host) => host.tell('status', null)))).flat();
      return all.every(({ neighbours }) => neighbours >= wanted);
    },
    `${nodes} nodes that know each other`,
    SETTLE_MS,
  );
}
