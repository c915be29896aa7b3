import { randomBytes, type KeyObject } from 'node:crypto';
import { InstanceName, MemorySigner, mintLeaf, showSerial, toPem, type History, type Signer } from '@themis-mesh/core';
import type { Credentials } from '@themis-mesh/channel';

/** Credentials of which a test sees every part. */
export interface TestLeaf extends Credentials {
  /** The leaf in DER. */
  readonly leaf: Uint8Array;
  /** The identity certificate in DER. */
  readonly identity: Uint8Array;
  readonly privateKey: KeyObject;
}

export interface TestLeafPlan {
  readonly history: History;
  readonly signer: Signer;
  readonly identity: Uint8Array;
  readonly instance: string;
  /** The wire form of a membership. */
  readonly membership: Uint8Array | undefined;
  /** Seconds since 1970: when it is made, 60 s before which it begins. */
  readonly now: number;
  /** Seconds. */
  readonly ttl: number;
}

/** Makes a leaf with a new key. */
export async function makeLeaf({ identity, instance, ...plan }: TestLeafPlan): Promise<TestLeaf> {
  const name = InstanceName.parse(instance);
  const pair = MemorySigner.generate();
  const [publicKey] = pair.keys;
  const [privateKey] = pair.privateKeys;
  if (name === undefined || publicKey === undefined || privateKey === undefined)
    throw new TypeError(`${instance} is no instance`);
  const serial = randomBytes(16);
  const leaf = await mintLeaf({ ...plan, publicKey, instance: name, serial });
  return withChain({ leaf, identity, privateKey, serial: showSerial(serial), notAfter: plan.now + plan.ttl }, [leaf, identity]);
}

/** The same leaf and key with another chain. @param chain in DER, in the order of the wire */
export function withChain(leaf: Omit<TestLeaf, 'chain' | 'key'>, chain: readonly Uint8Array[]): TestLeaf {
  const key = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { ...leaf, key, chain: chain.map(toPem).join('') };
}
