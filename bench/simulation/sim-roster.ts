import { sha256, type IdentityId } from '@themis-mesh/core';
import { placeOfNode, type NodeRoster, type Place, type Standing } from '@themis-mesh/directory-kad';

/** A charter in which everybody is a member, and each node has the place that the one salt gives it. */
export class SimRoster implements NodeRoster {
  readonly #salt: Uint8Array;
  readonly #places = new Map<IdentityId, Place>();

  constructor(seed: number) {
    this.#salt = sha256(Buffer.from(`salt ${seed}`)).subarray(0, 16);
  }

  allow(identity: IdentityId): Place {
    const place = placeOfNode(identity, this.#salt, 0);
    this.#places.set(identity, place);
    return place;
  }

  placeOf(identity: IdentityId, index: number): Place | undefined {
    return index === 0 ? this.#places.get(identity) : undefined;
  }

  standingOf(): Standing {
    return 'member';
  }
}
