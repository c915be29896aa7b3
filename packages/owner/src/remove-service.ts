import { IdentityId, MAX_CHARTER_SECONDS, ThemisError, type AppState, type Member, type ServiceName } from '@themis-mesh/core';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { renewMemberships } from './renew-memberships.ts';
import type { Workplace } from './workplace.ts';

export interface Removed {
  readonly member: Member;
  readonly app: AppState;
  readonly published: Published;
}

/**
 * Removes a service from the app, for good: who learns of the charter ends its connections, and its identity is not admitted
 * again. Its keys, where they lie here, stay where they are.
 *
 * @throws ThemisError THEMIS_NAME_UNKNOWN, and those of {@link Owner.at}
 */
export async function removeService(place: Workplace, service: ServiceName | IdentityId): Promise<Removed> {
  return Owner.at(place, async (owner) => {
    const { charter } = owner.app;
    const member = IdentityId.is(service) ? charter.memberById(service) : charter.memberByName(service);
    if (member === undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', service);
    const members = charter.claims.members.filter(({ id }) => id !== member.id);
    // The longest that any membership of it can last, however long its signer made it.
    const until = place.now + MAX_CHARTER_SECONDS;
    const app = await owner.sign({ members, removed: [...charter.claims.removed, { id: member.id, until }] });
    await renewMemberships(owner);
    return { member, app, published: owner.published };
  });
}
