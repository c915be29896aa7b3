import {
  readMembership,
  sameMember,
  ThemisError,
  type IdentityId,
  type Member,
  type Membership,
  type ServiceName,
} from '@themis-mesh/core';
import { IdentityFile, type ServiceRole } from '@themis-mesh/storage';
import type { Owner } from './owner.ts';
import { publishHistory } from './publish.ts';
import { writeMembership } from './write-membership.ts';

/** Renews what is half over of the memberships in this home, and tells the directory of the services' keys. @returns whose */
export async function renewMemberships(owner: Owner): Promise<readonly ServiceName[]> {
  const { home, sealing, directory, now } = owner.place;
  const renewed: ServiceName[] = [];
  for (const name of await home.services()) {
    const file = new IdentityFile(home.service(name).identity, sealing);
    const identity = await file.readPublic();
    const member = identity && memberFor(owner, name, identity.history.id);
    if (identity === undefined || member === undefined) continue;
    owner.note(await publishHistory(directory, identity.history));
    if (!isDue(claimsOf(file.path, identity.service), member, now)) continue;
    await writeMembership(file, { member, membership: await owner.admit(member), app: owner.app });
    renewed.push(name);
  }
  return renewed;
}

function memberFor({ app }: Owner, name: ServiceName, id: IdentityId): Member | undefined {
  const member = app.charter.memberById(id);
  return member?.name === name ? member : undefined;
}

/** A service that was never admitted has no membership to renew: that is for `add` or `join` to finish. */
function isDue(membership: Membership | undefined, member: Member, now: number): boolean {
  if (membership === undefined) return false;
  return !sameMember(membership.member, member) || now >= (membership.iat + membership.exp) / 2;
}

function claimsOf(path: string, service: ServiceRole | undefined): Membership | undefined {
  if (service?.membership === undefined) return undefined;
  const read = readMembership(service.membership);
  if (read.ok) return read.value.claims;
  throw ThemisError.refused('THEMIS_FILE_MALFORMED', { ...read.refusal, detail: `${path}: ${read.refusal.detail}` });
}
