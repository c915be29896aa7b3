import { readMembership, type Charter, type IdentityId, type Member, type ServiceName } from '@themis-mesh/core';
import { CharterRoster, placeOfNode, type NodeRoster, type Place, type Standing } from '@themis-mesh/directory-kad';
import { IdentityFile, type Home } from '@themis-mesh/storage';

/**
 * Who takes part, as the charter held says it; of the node's own service also as its membership does, which may be newer: the
 * owner allowed it a moment ago, and the charter that says so is what the node is about to ask for.
 */
export class OwnRoster implements NodeRoster {
  readonly #charter: CharterRoster;
  readonly #own: Member | undefined;

  constructor(charter: Charter, own: Member | undefined) {
    this.#charter = new CharterRoster(charter);
    this.#own = own;
  }

  placeOf(identity: IdentityId, index: number): Place | undefined {
    const place = this.#charter.placeOf(identity, index);
    if (place !== undefined || this.#own?.id !== identity || this.standingOf(identity) === 'removed') return place;
    const { nodes } = this.#own;
    const isAllowed = nodes !== undefined && Number.isInteger(index) && index >= 0 && index < nodes.count;
    return isAllowed ? placeOfNode(identity, nodes.salt, index) : undefined;
  }

  standingOf(identity: IdentityId): Standing {
    const standing = this.#charter.standingOf(identity);
    return standing === 'unknown' && this.#own?.id === identity ? 'member' : standing;
  }
}

/** What the membership in the home says of the service. @returns undefined where there is none */
export async function ownMember(home: Home, name: ServiceName): Promise<Member | undefined> {
  const identity = await new IdentityFile(home.service(name).identity).readPublic();
  const wire = identity?.service?.membership;
  const membership = wire === undefined ? undefined : readMembership(wire);
  return membership?.ok === true ? membership.value.claims.member : undefined;
}
