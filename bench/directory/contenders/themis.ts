import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyBytes, signServiceRecord, type SignedRecord } from '@themis-mesh/core';
import { startNode, type DirectoryNode } from '@themis-mesh/node';
import { addService, initApp, openHomeDirectory, readApp, setNodes } from '@themis-mesh/owner';
import { Home, IdentityFile, parseServiceName, type StoredIdentity } from '@themis-mesh/storage';
import { VALUE_BYTES, VALUES, type Network } from '../contender.ts';

/** Nodes of different identities over mutual TLS; values are service records, signed by their services. */
export async function start(nodes: number): Promise<Network> {
  await using parts = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'themis-bench-'));
  parts.defer(() => rm(root, { recursive: true, force: true }));
  const home = Home.at(join(root, 'home'));
  const now = (): number => Math.floor(Date.now() / 1000);
  await initApp({ home, now: now() });
  const { anchor } = await home.app();
  const place = { home, directory: openHomeDirectory(home, anchor.app, now), now: now() };
  const owners: StoredIdentity[] = [];
  for (let number = 0; number < VALUES; number++) {
    const name = parseServiceName(`value-${number}`);
    await addService(place, name);
    owners.push((await new IdentityFile(home.service(name).identity).read()) ?? missing());
  }
  for (let number = 0; number < nodes; number++) {
    const name = parseServiceName(`node-${number}`);
    await addService(place, name);
    await setNodes(place, name, 1);
  }
  const app = (await readApp(place)).history.id;
  const started: DirectoryNode[] = [];
  for (let number = 0; number < nodes; number++) {
    const bootstrap = started.slice(0, 1).map(({ address }) => ({ host: address.address, port: address.port }));
    started.push(parts.use(await startNode({ service: `node-${number}`, home: home.root, port: 0, bootstrap })));
  }
  const at = (node: number): DirectoryNode => started[node % nodes] ?? missing();
  for (const { history } of owners) {
    const answer = await at(0).directory.store({ key: { kind: 'history', id: history.id }, bytes: historyBytes(history) });
    if (answer.outcome !== 'stored') throw new Error(`a history is ${answer.outcome}`);
  }
  const versions = owners.map(() => 0);
  const rest = parts.move();
  return {
    async put(node, value) {
      const { history, signers, service } = owners[value] ?? missing();
      const seq = (versions[value] ?? 0) + 1;
      versions[value] = seq;
      const name = service?.name ?? missing();
      const life = { iat: now(), exp: now() + 3600 };
      const ext = { padding: 'x'.repeat(VALUE_BYTES / 4) };
      const claims = { app, id: history.id, name, key: history.seq, seq, ...life, alpn: ['http/1.1'], ext };
      const { bytes } = await signServiceRecord(claims, signers);
      const record: SignedRecord = { key: { kind: 'service', id: history.id }, bytes };
      const answer = await at(node).directory.store(record);
      if (answer.outcome !== 'stored') throw new Error(`a record is ${answer.outcome}`);
    },
    async get(node, value) {
      const { history } = owners[value] ?? missing();
      const answer = await at(node).directory.find({ kind: 'service', id: history.id });
      if (answer.outcome !== 'found') throw new Error(`a record is ${answer.outcome}`);
      const body: unknown = JSON.parse(Buffer.from(answer.record.bytes).toString());
      const seq = seqOf(body);
      if (seq !== versions[value]) throw new Error(`found was version ${seq}, the newest is ${versions[value] ?? 0}`);
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function seqOf(jws: unknown): number {
  const { payload } = jws as { readonly payload: string };
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { readonly seq: number }).seq;
}

function missing(): never {
  throw new Error('nothing there');
}
