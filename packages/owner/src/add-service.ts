import { ThemisError, type IdentityId, type ServiceName } from '@themis-mesh/core';
import { createStored, type IdentityPlace, type PublicIdentity } from '@themis-mesh/storage';
import { admitMember, type Admitted } from './admit-member.ts';
import { parseLabels } from './labels.ts';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { renewMemberships } from './renew-memberships.ts';
import { serviceFiles, setAside } from './service-files.ts';
import { writeMembership } from './write-membership.ts';
import type { Workplace } from './workplace.ts';

export interface NewService {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** The file for the recovery keys. Default: beside the operational keys. */
  readonly recovery?: string | undefined;
}

export interface AddedService extends Admitted {
  readonly published: Published;
  /** Where the keys of a removed identity that held the name here were put. */
  readonly setAside?: string;
}

/**
 * Makes a service on the owner's machine: its identity, its place in the charter, and its membership. What a crash left
 * half done is taken up again.
 *
 * @throws ThemisError THEMIS_IDENTITY_EXISTS where the service is there and admitted, THEMIS_NAME_TAKEN where its keys are
 * elsewhere, THEMIS_LABELS_INVALID, and those of {@link Owner.at}
 */
export async function addService(place: Workplace, name: ServiceName, options: NewService = {}): Promise<AddedService> {
  const labels = options.labels === undefined ? undefined : parseLabels(options.labels);
  return Owner.at(place, async (owner) => {
    const files = serviceFiles(place.home, name, place.sealing, options.recovery);
    const here = await files.identity.readPublic();
    const aside = await makeRoom(owner, name, here);
    const { history } = here === undefined || aside !== undefined ? await create(owner, name, files) : here;
    const admitted = await admitMember(owner, { name, history, labels });
    await writeMembership(files.identity, admitted);
    await renewMemberships(owner);
    return { ...admitted, published: owner.published, ...(aside === undefined ? {} : { setAside: aside }) };
  });
}

/** @returns where a removed identity was put that had the name */
async function makeRoom({ app, place }: Owner, name: ServiceName, here: PublicIdentity | undefined): Promise<string | undefined> {
  const holder = app.charter.memberByName(name);
  const isElsewhere = holder !== undefined && holder.id !== here?.history.id;
  if (isElsewhere) throw new ThemisError('THEMIS_NAME_TAKEN', `${name} is ${holder.id}`);
  if (here === undefined) return undefined;
  const { history, service } = here;
  if (service?.app !== app.history.id) {
    throw new ThemisError('THEMIS_IDENTITY_EXISTS', `${history.id}, of app ${service?.app ?? 'none'}`);
  }
  if (app.charter.removes(history.id)) return setAside(place.home, name, history.id);
  const isAdmitted = service.membership !== undefined && holder !== undefined;
  if (isAdmitted) throw new ThemisError('THEMIS_IDENTITY_EXISTS', `${name} is ${history.id}`);
  return undefined;
}

function create({ app, place }: Owner, name: ServiceName, files: IdentityPlace): ReturnType<typeof createStored> {
  const role: { readonly name: ServiceName; readonly app: IdentityId } = { name, app: app.history.id };
  return createStored(files, { now: place.now, service: role });
}
