import { ThemisError, type History, type IdentityId, type ServiceName } from '@themis-mesh/core';
import { createStored, type IdentityPlace, type PublicIdentity } from '@themis-mesh/storage';
import { admitMembers, type Admitted } from './admit-member.ts';
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
  const [added] = await addServices(place, [name], options);
  if (added === undefined) throw new TypeError('a name without a service');
  return added;
}

/**
 * {@link addService} for several, by one charter: where one of the names cannot be had, nothing is made. A name that is
 * given twice is one service.
 *
 * @returns in the order of the names
 */
export async function addServices(
  place: Workplace,
  names: readonly ServiceName[],
  options: NewService = {},
): Promise<readonly AddedService[]> {
  const labels = options.labels === undefined ? undefined : parseLabels(options.labels);
  return Owner.at(place, async (owner) => {
    const found: Found[] = [];
    for (const name of new Set(names)) {
      const files = serviceFiles(place.home, name, place.sealing, options.recovery);
      const here = await files.identity.readPublic();
      found.push({ name, files, here, isRemoved: requireRoom(owner, name, here) });
    }
    const made: Made[] = [];
    for (const each of found) made.push(await make(owner, each));
    const admitted = await admitMembers(
      owner,
      made.map(({ name, history }) => ({ name, history, labels })),
    );
    for (const [index, { files }] of made.entries()) {
      const membership = admitted[index];
      if (membership !== undefined) await writeMembership(files.identity, membership);
    }
    await renewMemberships(owner);
    const { published } = owner;
    return admitted.map((each, index) => {
      const aside = made[index]?.aside;
      return { ...each, published, ...(aside === undefined ? {} : { setAside: aside }) };
    });
  });
}

/** What is in the place of a service that is to be. */
interface Found {
  readonly name: ServiceName;
  readonly files: IdentityPlace;
  readonly here: PublicIdentity | undefined;
  /** Whether that was removed from the app. */
  readonly isRemoved: boolean;
}

interface Made extends Pick<Found, 'name' | 'files'> {
  readonly history: History;
  readonly aside: string | undefined;
}

/** @returns whether the identity that is there was removed, and makes room for another one */
function requireRoom({ app }: Owner, name: ServiceName, here: PublicIdentity | undefined): boolean {
  const holder = app.charter.memberByName(name);
  const isElsewhere = holder !== undefined && holder.id !== here?.history.id;
  if (isElsewhere) throw new ThemisError('THEMIS_NAME_TAKEN', `${name} is ${holder.id}`);
  const isImport = app.charter.importByAlias(name) !== undefined;
  if (isImport) throw new ThemisError('THEMIS_NAME_TAKEN', `${name} is the alias of an app`);
  if (here === undefined) return false;
  const { history, service } = here;
  if (service?.app !== app.history.id) {
    throw new ThemisError('THEMIS_IDENTITY_EXISTS', `${history.id}, of app ${service?.app ?? 'none'}`);
  }
  if (app.charter.removes(history.id)) return true;
  const isAdmitted = service.membership !== undefined && holder !== undefined;
  if (isAdmitted) throw new ThemisError('THEMIS_IDENTITY_EXISTS', `${name} is ${history.id}`);
  return false;
}

async function make(owner: Owner, { name, files, here, isRemoved }: Found): Promise<Made> {
  const aside = isRemoved && here !== undefined ? await setAside(owner.place.home, name, here.history.id) : undefined;
  const { history } = here === undefined || isRemoved ? await create(owner, name, files) : here;
  return { name, files, history, aside };
}

function create({ app, place }: Owner, name: ServiceName, files: IdentityPlace): ReturnType<typeof createStored> {
  const role: { readonly name: ServiceName; readonly app: IdentityId } = { name, app: app.history.id };
  return createStored(files, { now: place.now, service: role });
}
