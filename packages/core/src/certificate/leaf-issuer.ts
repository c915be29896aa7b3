import type { IdentityId } from '../identity/id.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { demand } from './defect.ts';
import type { LeafForm } from './leaf-certificate.ts';

/** What signs leaves: an operational key of one event, under the name of its identity certificate. */
export interface LeafIssuer {
  readonly id: IdentityId;
  readonly keySeq: number;
  /** A Name in DER. */
  readonly name: Uint8Array;
  readonly keyId: Uint8Array;
  readonly key: PublicKey;
}

/** @throws CertificateDefect where the leaf is not what that key signed under that name */
export function requireIssuer(leaf: LeafForm, issuer: LeafIssuer): void {
  demand(leaf.id === issuer.id, 'leaf-other-identity', `${leaf.id}, signed by ${issuer.id}`);
  demand(Buffer.compare(leaf.issuer, issuer.name) === 0, 'leaf-issuer', 'another name');
  demand(Buffer.compare(leaf.authorityKeyId, issuer.keyId) === 0, 'leaf-aki', 'another key');
  demand(issuer.key.verify(leaf.signed, leaf.signature), 'leaf-signature', `key sequence ${issuer.keySeq}`);
}
