import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  identitySpiffeId,
  mintIdentityCertificate,
  ServiceName,
  verifyChain,
  type Signer,
  type VerifiedChain,
} from '@themis-mesh/core';
import { Home, IdentityFile } from '@themis-mesh/storage';
import { makeLeaf } from '@themis-mesh/testkit';
import type { Papers } from './knock.ts';

const LEAF_SECONDS = 3600;

/** Papers that are good, of a service of somebody else's app that bears a name of ours. */
export async function strangersPapers(root: string, name: string): Promise<Papers> {
  const service = ServiceName.parse(name);
  const stored = service === undefined ? undefined : await new IdentityFile(Home.at(root).service(service).identity, {}).read();
  const [signer] = stored?.signers ?? [];
  if (stored === undefined || signer === undefined) throw new TypeError(`${root} holds no keys of ${name}`);
  const { history } = stored;
  const identity = await mintIdentityCertificate({ history, signer });
  const membership = stored.service?.membership;
  return makeLeaf({ history, signer, identity, instance: 'i1', membership, now: seconds(), ttl: LEAF_SECONDS });
}

/**
 * The best that a forger can do: the identity certificate of a member, copied from a handshake, and under it a leaf that is
 * right in every octet but its signature, because the member's key is missing.
 */
export function forgedPapers(victim: VerifiedChain): Promise<Papers> {
  const { history, identityCertificate: identity, instance, membership } = victim;
  const [claimed] = history.quorum?.signers ?? [];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const forger: Signer = {
    keys: claimed?.keys ?? [],
    sign: (_, message) => Promise.resolve(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
  return makeLeaf({ history, signer: forger, identity, instance, membership, now: seconds(), ttl: LEAF_SECONDS });
}

/** What a handshake presented, read as a verifier reads it. @throws Error where it is not a good chain */
export function readVictim(chain: readonly Uint8Array[]): VerifiedChain {
  const verified = verifyChain(chain, { now: seconds() });
  if (!verified.ok) throw new Error(`the chain of the service is refused: ${verified.refusal.code}`);
  return verified.value;
}

/** A certificate made by OpenSSL's command line that claims the SPIFFE ID of a member. @throws where there is no OpenSSL */
export async function opensslPapers(victim: VerifiedChain, folder: string): Promise<Papers> {
  const [key, certificate] = [join(folder, 'openssl.key'), join(folder, 'openssl.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', `/CN=${victim.id}`, '-addext', `subjectAltName=URI:${identitySpiffeId(victim.id)}`],
    ...['-keyout', key, '-out', certificate],
  ]);
  return { key: await readFile(key, 'utf8'), chain: await readFile(certificate, 'utf8') };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
