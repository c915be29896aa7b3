import type { AppState, IdentityId, Member, ServiceName } from '@themis-mesh/core';
import type { DirectoryReader } from '@themis-mesh/directory';
import { IdentityFile, type Home, type PublicIdentity } from '@themis-mesh/storage';
import { readInstances, type Instance } from './instances.ts';
import { endOf } from './output/member-json.ts';
import { showPolicy } from './output/policy-text.ts';

/** `waiting`: its keys are here, and the charter does not name it. */
export type Standing = 'member' | 'waiting' | 'removed';

/** What can be said of one service from one home. */
export interface ServiceStatus {
  readonly name: ServiceName;
  readonly id: IdentityId;
  readonly standing: Standing;
  /** Undefined where its keys are elsewhere. */
  readonly here: PublicIdentity | undefined;
  readonly keySequence: number;
  readonly labels: Member['labels'];
  /** Of the membership here. Seconds since 1970. */
  readonly membershipEnds: number | undefined;
  /** Who may call it, in words. */
  readonly mayCall: string;
  /** Undefined where the directory does not answer. */
  readonly instances: readonly Instance[] | undefined;
}

/** The members of the app and the services whose keys are here, by their names. */
export async function readServices(home: Home, app: AppState, reader: DirectoryReader): Promise<readonly ServiceStatus[]> {
  const here = await readHere(home);
  const strays = [...here].filter(([name, { history }]) => app.charter.memberById(history.id)?.name !== name);
  const members = app.charter.claims.members.map((member) => {
    const own = here.get(member.name);
    return { name: member.name, identity: own?.history.id === member.id ? own : undefined, member };
  });
  const all = [...members, ...strays.map(([name, identity]) => ({ name, identity, member: undefined }))];
  const statuses = await Promise.all(all.map((each) => statusOf(each, app, reader)));
  return statuses.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Service {
  readonly name: ServiceName;
  readonly identity: PublicIdentity | undefined;
  readonly member: Member | undefined;
}

async function statusOf(service: Service, { charter }: AppState, reader: DirectoryReader): Promise<ServiceStatus> {
  const { name, identity, member } = service;
  const id = member?.id ?? identity?.history.id;
  if (id === undefined) throw new TypeError('a service is a member, or its keys are here');
  const found = await readInstances(reader, id);
  const membership = identity?.service?.membership;
  const policies = charter.policiesFor(name).map(({ policy }) => showPolicy(policy));
  return {
    name,
    id,
    standing: charter.removes(id) ? 'removed' : member === undefined ? 'waiting' : 'member',
    here: identity,
    keySequence: identity?.history.seq ?? member?.min.seq ?? 0,
    labels: member?.labels,
    membershipEnds: membership === undefined ? undefined : endOf(membership),
    mayCall: policies.length === 0 ? 'members' : policies.join('; and '),
    instances: found.is === 'found' ? found.instances : undefined,
  };
}

async function readHere(home: Home): Promise<ReadonlyMap<ServiceName, PublicIdentity>> {
  const here = new Map<ServiceName, PublicIdentity>();
  for (const name of await home.services()) {
    const identity = await new IdentityFile(home.service(name).identity).readPublic();
    if (identity !== undefined) here.set(name, identity);
  }
  return here;
}
