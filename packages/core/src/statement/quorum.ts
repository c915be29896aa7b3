import type { PublicKey } from '../keys/public-key.ts';

/** Those who sign for an identity: each signer with its keys, and how many of the signers it takes. */
export interface Quorum {
  readonly signers: readonly { readonly keys: readonly PublicKey[] }[];
  readonly threshold: number;
}

/** A quorum of one key, as a leaf key is. */
export function soleKey(key: PublicKey): Quorum {
  return { signers: [{ keys: [key] }], threshold: 1 };
}

/** How many signers have signed with all their keys. */
export function countSigners(quorum: Quorum, signed: ReadonlySet<string>): number {
  return quorum.signers.filter((signer) => signer.keys.every((key) => signed.has(key.thumbprint))).length;
}
