import { identityFields, isIdentityField, type IdentityId, type Peer } from '@themis-mesh/core';
import { filterFields, type Fields } from './fields.ts';

export { identityFields, isIdentityField } from '@themis-mesh/core';

export function withoutIdentity(fields: Fields): string[] {
  return filterFields(fields, (name) => !isIdentityField(name));
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
