import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDialableHost, ThemisError, type Address, type History, type IdentityId } from '@themis-mesh/core';
import { systemClock } from '@themis-mesh/channel';
import { createDirectoryHandler } from '@themis-mesh/directory-http';
import { KadDirectory, KadNode } from '@themis-mesh/directory-kad';
import { environmentHome, expectNode, join as joinMesh, randomFraction, type Mesh } from '@themis-mesh/mesh';
import { Home, keepForkProof } from '@themis-mesh/storage';
import { ChannelNetwork } from './channel-network.ts';
import type { DirectoryNode, NodeStatus } from './directory-node.ts';
import { kadClock } from './kad-clock.ts';
import { KnownNodes } from './known-nodes.ts';
import { LateDirectory } from './late-directory.ts';
import type { NodeOptions } from './node-options.ts';
import { NodeServer } from './node-server.ts';
import { NodeTunnels } from './node-tunnels.ts';
import { OwnRoster, ownMember } from './own-roster.ts';
import { RecordArchive } from './record-archive.ts';

/**
 * Starts a node of the directory: an instance of a service that the charter allows nodes.
 *
 * Its home has to know the app: what a node believes begins with what is on its own disk, not with what others say.
 *
 * @throws ThemisError as `join` does; `THEMIS_NODE_NOT_ALLOWED`, `THEMIS_PORT_IN_USE`, those of private folders
 */
export async function startNode(options: NodeOptions): Promise<DirectoryNode> {
  const { port, host, index = 0, bootstrap = [], data, nodeLimits, ...others } = options;
  const clock = options.clock ?? systemClock;
  await using parts = new AsyncDisposableStack();
  const home = await Home.open(options.home ?? environmentHome());
  const late = new LateDirectory();
  const mesh = await joinMesh({ ...others, directory: late });
  parts.defer(() => mesh.close());
  parts.use(late);
  const own = await ownMember(home, mesh.name);
  const rosterNow = (): OwnRoster => new OwnRoster(mesh.trust.app.charter, own);
  const roster = rosterNow();
  if (roster.placeOf(mesh.id, index) === undefined) throw notAllowed(mesh, index);

  const folder = data ?? join(home.root, 'nodes', `${mesh.name}.${index}`);
  const onTrouble = (error: ThemisError): void => void mesh.events.emit('state-failed', { error });
  const archive = parts.use(await RecordArchive.open(folder, clock, onTrouble));
  const known = new KnownNodes(folder);
  const onLost = (identity: IdentityId, { host, port }: Address): void => {
    for (const { index, address } of served?.status.neighbours.filter((contact) => contact.identity === identity) ?? []) {
      if (address.host === host && address.port === port) served?.suspect(identity, index);
    }
  };
  const tunnels = new NodeTunnels({ channels: mesh.channels, expect: expectNode(mesh.trust), clock, onLost });
  parts.defer(() => tunnels.close());

  let served: KadNode | undefined = undefined as KadNode | undefined;
  const ending = new AbortController();
  const answer = createDirectoryHandler(late, { clock, signal: ending.signal });
  const server = new NodeServer(
    mesh.channels.serving,
    () => served,
    (request) => answer(request, request.peer),
  );
  const address = await listen(server, port, host);
  parts.defer(() => closed(server));
  // Light clients wait for news at it, and go on at another node.
  parts.defer(() => ending.abort());

  const self = { index, address: dialable(options, address) };
  const remembered = (id: IdentityId): History | undefined => mesh.trust.history(id);
  const onFork = (proof: Parameters<typeof keepForkProof>[1]): void => void keepForkProof(home.alarms, proof).catch(onTrouble);
  let isRead = false;
  const node = new KadNode({
    ...{ identity: mesh.id, self, roster, clock: kadClock(clock), chance: randomFraction, limits: nodeLimits },
    ...{ network: new ChannelNetwork(tunnels, clock), app: mesh.trust.app.history.id, remembered, onFork },
    onChange: (record) => {
      if (isRead) archive.keep(record);
    },
    onDrop: (key) => archive.drop(key),
  });
  for (const record of await archive.read()) node.answerSelf({ kind: 'store', record });
  // From here on it is news for the disk.
  isRead = true;
  const directory = new KadDirectory({ node, app: mesh.trust.app.history.id, remembered, onFork, zone: options.zone });
  served = node;
  late.attach(directory);
  node.start();
  parts.defer(() => node.leave());
  const onCharter = (): void => node.takeRoster(rosterNow());
  mesh.events.on('charter', onCharter);
  await node.join(bootstrap.length > 0 ? bootstrap : await known.read());
  parts.use(known.follow(() => node.status.neighbours.map((contact) => contact.address), clock, onTrouble));

  const rest = parts.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= rest.disposeAsync());
  return {
    mesh,
    directory: late,
    address,
    get status(): NodeStatus {
      return { ...node.status, identity: mesh.id, index, address, tunnels: tunnels.size };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
/** @throws ThemisError as `server.listen` tells it */
async function listen(server: NodeServer, port: number, host: string | undefined): Promise<AddressInfo> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
  const address = server.address();
  if (address === null) throw new ThemisError('THEMIS_CLOSED', 'the node');
  return address;
}

async function closed(server: NodeServer): Promise<void> {
  const isClosed = once(server, 'close');
  server.close();
  await isClosed;
}

/** Where others reach it. @throws ThemisError `THEMIS_CONFIG_INVALID` where nobody could */
function dialable({ advertise }: NodeOptions, { address, port }: AddressInfo): Address {
  const host = advertise ?? address;
  if (isDialableHost(host)) return { host, port };
  throw new ThemisError(
    'THEMIS_CONFIG_INVALID',
    `nobody can dial ${host}:${port}; say in \`advertise\` how others reach this machine`,
  );
}

function notAllowed({ name, trust }: Mesh, index: number): ThemisError {
  const count = trust.app.charter.memberByName(name)?.nodes?.count ?? 0;
  return new ThemisError('THEMIS_NODE_NOT_ALLOWED', `${name} may run ${count}, asked for was number ${index}, from 0 on`);
}
