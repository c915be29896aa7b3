import { TargetName, ThemisError, type AppState, type CharterPolicy, type Policy, type ServiceName } from '@themis-mesh/core';
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
 * @throws ThemisError THEMIS_NAME_UNKNOWN where the service, or a caller that is allowed, is no member, or is of an app that
 * is not imported; those of {@link Owner.at}
 */
export async function setPolicy(place: Workplace, service: ServiceName, policy: Policy | undefined): Promise<PolicySet> {
  return Owner.at(place, async (owner) => {
    requireKnown(owner.app, [service, ...namedIn(policy)]);
    const others = owner.app.charter.claims.policies.filter(({ name }) => name !== service);
    const entry: readonly CharterPolicy[] = policy === undefined ? [] : [{ name: service, services: [service], policy }];
    const app = await owner.sign({ policies: [...others, ...entry] });
    await renewMemberships(owner);
    return { app, published: owner.published };
  });
}

function namedIn(policy: Policy | undefined): readonly TargetName[] {
  return [...(policy?.allow ?? []), ...(policy?.rules?.flatMap(({ services = [] }) => services) ?? [])];
}

/** Of another app only the alias is known for certain: who its members are is for its owner to change. */
function requireKnown({ charter }: AppState, names: readonly TargetName[]): void {
  const unknown = names.find((name) => {
    const { service, alias } = TargetName.partsOf(name);
    return (alias === undefined ? charter.memberByName(service) : charter.importByAlias(alias)) === undefined;
  });
  if (unknown !== undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', unknown);
}
