import { generateKeyPairSync, sign } from 'node:crypto';
import type { PublicKey, RefusalCode, Signer } from '@themis-mesh/core';
import type { TestApp } from './test-app.ts';
import { makeLeaf, withChain, type TestLeaf } from './test-leaf.ts';
import { TestService } from './test-service.ts';

/** Credentials with one defect, and the code that they are refused by. */
export interface BadLeaf {
  readonly defect: string;
  readonly refusal: RefusalCode;
  readonly leaf: TestLeaf;
}

/**
 * What an attacker can try against an app without breaking cryptography, in the name of one of its services.
 *
 * All of it gets through the handshake: the private key fits the first certificate, and TLS looks at nothing else.
 *
 * @param now seconds since 1970
 */
export async function makeBadLeaves(app: TestApp, name: string, now: number): Promise<readonly BadLeaf[]> {
  const service = app.service(name);
  const good = await app.leaf(service, { now });
  const stranger = await app.leaf(await TestService.create(name, now), { now });
  const { leaf, identity } = good;
  const forgedPlan = {
    history: service.history,
    signer: forger(service.signer.keys),
    identity,
    instance: 'i1',
    membership: undefined,
  };
  return [
    { defect: 'expired', refusal: 'leaf-expired', leaf: await app.leaf(service, { now: now - 7200, ttl: 3600 }) },
    { defect: 'of the future', refusal: 'leaf-not-yet-valid', leaf: await app.leaf(service, { now: now + 3600 }) },
    { defect: 'signed by another key', refusal: 'leaf-signature', leaf: await makeLeaf({ ...forgedPlan, now, ttl: 3600 }) },
    {
      defect: 'under the identity of another',
      refusal: 'leaf-other-identity',
      leaf: withChain(stranger, [stranger.leaf, identity]),
    },
    { defect: 'without its identity', refusal: 'chain-identity-missing', leaf: withChain(good, [leaf]) },
    {
      defect: 'with a third certificate',
      refusal: 'chain-third-certificate',
      leaf: withChain(good, [leaf, identity, stranger.identity]),
    },
    { defect: 'signed by a leaf', refusal: 'chain-signed-by-leaf', leaf: withChain(good, [leaf, stranger.leaf]) },
  ];
}

/** Claims the public keys of another, and signs with a key of its own. */
function forger(keys: readonly PublicKey[]): Signer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    keys,
    sign: (_, message) => Promise.resolve(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}
