import { identityFields, isIdentityField, isTrafficField, type IdentityId, type Peer } from '@themis-mesh/core';
import { filterFields, type Fields } from './fields.ts';

export { identityFields, isIdentityField, isTrafficField } from '@themis-mesh/core';

/** @param fromStranger whether nobody in the mesh sent them: what a stranger says to the mesh is nothing to it */
export function withoutIdentity(fields: Fields, fromStranger = false): string[] {
  return filterFields(fields, (name) => !isIdentityField(name) || (!fromStranger && isTrafficField(name)));
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
