import type { AppState, ServiceName } from '@themis-mesh/core';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { renewMemberships } from './renew-memberships.ts';
import type { Workplace } from './workplace.ts';

export interface Renewed {
  readonly app: AppState;
  /** The services here whose memberships were renewed. */
  readonly memberships: readonly ServiceName[];
  readonly published: Published;
}

/**
 * Signs the same charter anew, so that it lasts its full time again, as every other action of the owner does; and publishes
 * what is here.
 */
export async function renewApp(place: Workplace): Promise<Renewed> {
  return Owner.at(place, async (owner) => {
    await owner.sign({});
    const memberships = await renewMemberships(owner);
    return { app: owner.app, memberships, published: owner.published };
  });
}
