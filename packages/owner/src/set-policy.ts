import { ServiceName, ThemisError, type AppState, type CharterPolicy, type Policy } from '@themis-mesh/core';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { renewMemberships } from './renew-memberships.ts';
import type { Workplace } from './workplace.ts';

export interface PolicySet {
  readonly app: AppState;
  readonly published: Published;
}

/**
 * Says in the charter who may call a service, in the place of what it said before.
 *
 * @param policy undefined: nothing any more, so that every member of the app may call
 * @throws ThemisError THEMIS_NAME_UNKNOWN where the service, or a caller that is allowed, is no member; those of {@link Owner.at}
 */
export async function setPolicy(place: Workplace, service: ServiceName, policy: Policy | undefined): Promise<PolicySet> {
  return Owner.at(place, async (owner) => {
    requireMembers(owner.app, [service, ...namedIn(policy)]);
    const others = owner.app.charter.claims.policies.filter(({ name }) => name !== service);
    const entry: readonly CharterPolicy[] = policy === undefined ? [] : [{ name: service, services: [service], policy }];
    const app = await owner.sign({ policies: [...others, ...entry] });
    await renewMemberships(owner);
    return { app, published: owner.published };
  });
}

/** The services of this app that a policy names: a name with a dot is of another app. */
function namedIn(policy: Policy | undefined): readonly ServiceName[] {
  const services = policy?.rules?.flatMap((rule) => rule.services ?? []) ?? [];
  return [...(policy?.allow ?? []), ...services.flatMap((name) => ServiceName.parse(name) ?? [])];
}

function requireMembers({ charter }: AppState, names: readonly ServiceName[]): void {
  const unknown = names.find((name) => charter.memberByName(name) === undefined);
  if (unknown !== undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', unknown);
}
