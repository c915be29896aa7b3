import type { Charter, IdentityId } from '@themis-mesh/core';
import { placeOfNode, type Place } from './place.ts';

/** Who takes part, as one charter says it. A newer charter is another roster. */
export interface NodeRoster {
  /** The place of a node. @returns undefined where the charter allows the identity no node of that index */
  placeOf(identity: IdentityId, index: number): Place | undefined;
  /** Only what members sign is kept, and only members may ask for it to be. */
  standingOf(identity: IdentityId): Standing;
}

export type Standing = 'member' | 'unknown' | 'removed';

/** The nodes that a charter allows. */
export class CharterRoster implements NodeRoster {
  readonly #charter: Charter;
  readonly #places = new Map<string, Place>();

  constructor(charter: Charter) {
    this.#charter = charter;
  }

  placeOf(identity: IdentityId, index: number): Place | undefined {
    const known = this.#places.get(`${identity}/${index}`);
    if (known !== undefined) return known;
    const nodes = this.#charter.removes(identity) ? undefined : this.#charter.memberById(identity)?.nodes;
    if (nodes === undefined || !Number.isInteger(index) || index < 0 || index >= nodes.count) return undefined;
    const place = placeOfNode(identity, nodes.salt, index);
    this.#places.set(`${identity}/${index}`, place);
    return place;
  }

  standingOf(identity: IdentityId): Standing {
    if (this.#charter.removes(identity)) return 'removed';
    const isMember = identity === this.#charter.claims.app || this.#charter.memberById(identity) !== undefined;
    return isMember ? 'member' : 'unknown';
  }
}
