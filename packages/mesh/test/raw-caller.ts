import { dial, type Channel } from '@themis-mesh/channel';
import { mintIdentityCertificate, type History, type MemorySigner } from '@themis-mesh/core';
import { IdentityFile } from '@themis-mesh/storage';
import { makeLeaf, SwappableCredentials } from '@themis-mesh/testkit';
import { serviceName, type Served, type TestHome } from './test-home.ts';

/** What it takes to be an instance of a service. */
export interface Keys {
  readonly history: History;
  readonly signer: MemorySigner;
  readonly membership?: Uint8Array | undefined;
}

/** The keys of a service in a home. */
export async function keysOf({ home }: TestHome, service: string): Promise<Keys> {
  const identity = await new IdentityFile(home.service(serviceName(service)).identity).read();
  const [signer] = identity?.signers ?? [];
  if (identity === undefined || signer === undefined) throw new TypeError(`${service} has no keys here`);
  return { history: identity.history, signer, membership: identity.service?.membership };
}

/** A channel to a server, on which a test writes whatever it likes. It believes what the server's own process does. */
export async function callRaw(keys: Keys, { mesh, server }: Served): Promise<Channel> {
  const identity = await mintIdentityCertificate(keys);
  const now = Math.floor(Date.now() / 1000);
  const leaf = await makeLeaf({ ...keys, membership: keys.membership, identity, instance: 'raw', now, ttl: 600 });
  return dial({
    address: { host: '127.0.0.1', port: server.address()?.port ?? 0 },
    protocol: 'themis-http/1',
    credentials: new SwappableCredentials(leaf),
    authenticator: mesh.trust,
    expect: () => undefined,
  });
}
