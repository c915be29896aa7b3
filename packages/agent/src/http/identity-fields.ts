import { createHash } from 'node:crypto';
import { identitySpiffeId, type IdentityId, type Peer } from '@themis-mesh/core';
import { filterFields, foldName, type Fields } from './fields.ts';

/** Whether a field says who a caller is. Only a sidecar says that; whatever comes with a request is taken out. */
export function isIdentityField(name: string): boolean {
  return /^x-(?:themis|forwarded-client-cert)(?:-|$)/.test(foldName(name));
}

export function withoutIdentity(fields: Fields): string[] {
  return filterFields(fields, (name) => !isIdentityField(name));
}

/**
 * What an app is told of its caller: `x-forwarded-client-cert` in Envoy's form (By: who was called; Hash: SHA-256 of the
 * caller's leaf; URI: the caller), and for members of the app `x-themis-caller`, their name; for
 * those of an imported app with its alias behind a dot, which no own name has.
 */
export function identityFields(peer: Peer, own: IdentityId): string[] {
  const hash = createHash('sha256').update(peer.chain.leaf).digest('hex');
  const certificate = `By=${identitySpiffeId(own)};Hash=${hash};URI=${peer.spiffeId}`;
  return ['x-forwarded-client-cert', certificate, ...(peer.name === undefined ? [] : ['x-themis-caller', peer.name])];
}

/** The fields of one who asks again and again, made once. */
export class IdentityFields {
  readonly #own: IdentityId;
  readonly #known = new WeakMap<Peer, Fields>();

  constructor(own: IdentityId) {
    this.#own = own;
  }

  of(peer: Peer): Fields {
    const known = this.#known.get(peer);
    if (known !== undefined) return known;
    const fields = identityFields(peer, this.#own);
    this.#known.set(peer, fields);
    return fields;
  }
}
