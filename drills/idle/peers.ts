/**
 * Instances of many services in one process, each with a listener, a leaf and a record of its own: `peers.ts HOME NAME…`.
 *
 * Not by `join`, of which each reads and watches for itself what all of these share. It says `ready`.
 */
import { anyAuthenticatedPeer, ChannelListener, systemClock, Tunnel, type OnStream } from '@themis-mesh/channel';
import {
  InstanceName,
  MemorySigner,
  mintIdentityCertificate,
  mintLeaf,
  signInstanceRecord,
  toPem,
  Trust,
  INSTANCE_RECORD_SECONDS,
  type Endpoint,
  type IdentityId,
} from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import { openHomeDirectory, readApp } from '@themis-mesh/owner';
import { Home, IdentityFile, parseServiceName } from '@themis-mesh/storage';
import { MemoryHistories, SwappableCredentials } from '@themis-mesh/testkit';
import { randomBytes } from 'node:crypto';
import { ANSWER } from './answer.ts';

const LEAF_SECONDS = 3600;
/** How often each record is refreshed, as `join` does it. */
const REFRESH_MS = (INSTANCE_RECORD_SECONDS * 1000) / 3;

const [root = '', ...names] = process.argv.slice(2);
const now = (): number => Math.floor(Date.now() / 1000);
const home = Home.at(root);
const { anchor } = await home.app();
const directory = openHomeDirectory(home, anchor.app, now);
const trust = new Trust({ app: await readApp({ home, directory, now: now() }), seen: new MemoryHistories() });
const instance = InstanceName.parse('only') ?? fail('a name of an instance');
const ANSWERS = { onHead: nothing, onData: nothing, onEnd: nothing, onReset: nothing, onWritable: nothing };
const onStream: OnStream = (stream) => {
  stream.head('200', false);
  stream.end(ANSWER);
  return ANSWERS;
};

const publishers: (() => Promise<void>)[] = [];
for (const name of names) publishers.push(await begin(name, directory));
for (const publish of publishers) await publish();
process.send?.('ready');
for (const [index, publish] of publishers.entries()) {
  // One after the other, as they would come from so many machines.
  setTimeout(() => setInterval(() => void publish(), REFRESH_MS), (REFRESH_MS * index) / publishers.length);
}
process.once('disconnect', () => process.exit());

/** @returns what stores its record */
async function begin(name: string, at: Directory): Promise<() => Promise<void>> {
  const service = parseServiceName(name);
  const { history, signers } = (await new IdentityFile(home.service(service).identity).read()) ?? fail(`keys of ${name}`);
  const signer = signers[0] ?? fail('a signer');
  const leafKey = MemorySigner.generate();
  const [publicKey, privateKey] = [leafKey.keys[0] ?? fail('a key'), leafKey.privateKeys[0] ?? fail('a key')];
  const leaf = await mintLeaf({
    ...{ history, signer, publicKey, instance, membership: undefined },
    ...{ serial: randomBytes(16), now: now(), ttl: LEAF_SECONDS },
  });
  const credentials = new SwappableCredentials({
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    chain: toPem(leaf) + toPem(await mintIdentityCertificate({ history, signer })),
    serial: 'drill',
    notAfter: now() + LEAF_SECONDS,
  });
  const listener = new ChannelListener({
    authenticator: trust,
    authorize: anyAuthenticatedPeer,
    protocols: ['themis/1', 'themis-http/1'],
    credentials,
    clock: systemClock,
    onChannel: (channel) => void new Tunnel({ channel, onStream }),
    onRefused: nothing,
  });
  const { port } = await listener.listen(0);
  const endpoints: readonly Endpoint[] = [{ host: '127.0.0.1', port, alpn: ['themis/1', 'themis-http/1'] }];
  return () =>
    publish(at, history.id, async () => {
      const iat = now();
      const claims = { app: anchor.app, id: history.id, name: service, instance, leaf, seq: Date.now(), iat, endpoints };
      return (await signInstanceRecord({ ...claims, exp: iat + INSTANCE_RECORD_SECONDS }, leafKey)).bytes;
    });
}

async function publish(at: Directory, id: IdentityId, sign: () => Promise<Uint8Array>): Promise<void> {
  const answer = await at.store({ key: { kind: 'instance', id, instance }, bytes: await sign() });
  if (answer.outcome === 'refused') fail(`a record that is taken: ${answer.refusal.code} ${answer.refusal.detail}`);
}

function nothing(): void {}

function fail(what: string): never {
  throw new TypeError(`there is no ${what}`);
}
