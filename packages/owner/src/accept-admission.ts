import { anchorOf, holdToAnchor, ThemisError, type AppState, type Member } from '@themis-mesh/core';
import { IdentityFile, renewAnchor, StoredApps } from '@themis-mesh/storage';
import { readAdmission, type Admission } from './admission.ts';
import { publishApp, publishHistory, type Published } from './publish.ts';
import { keepApp } from './read-app.ts';
import { refusedStatement } from './refused-statement.ts';
import { writeMembership } from './write-membership.ts';
import type { Workplace } from './workplace.ts';

export interface Accepted {
  readonly member: Member;
  /** The furthest state of the app that is known here. */
  readonly app: AppState;
  readonly published: Published;
}

/**
 * Takes an owner's admission: believes the app in it as far as the home's anchor allows, and puts the membership beside the
 * keys that it admits. They must be here, made by `makeJoinRequest`.
 *
 * @throws ThemisError THEMIS_STATEMENT_REFUSED, THEMIS_IDENTITY_MISSING, THEMIS_CHARTER_FORKED
 */
export async function acceptAdmission(place: Workplace, bytes: Uint8Array): Promise<Accepted> {
  const { home, directory, sealing, now } = place;
  const { anchor } = await home.app();
  const admission = readAdmission(bytes, now);
  if (!admission.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', admission.refusal);
  const held = holdToAnchor(admission.value.app, anchor);
  if (!held.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', held.refusal);
  const { member } = admission.value.membership.claims;
  const file = new IdentityFile(home.service(member.name).identity, sealing);
  const identity = await file.readPublic();
  if (identity?.history.id !== member.id) throw new ThemisError('THEMIS_IDENTITY_MISSING', `${member.name} with ID ${member.id}`);
  await using apps = await StoredApps.open(home.apps, { alarms: home.alarms });
  const app = await keepApp(apps, held.value);
  requireMember(app, admission.value);
  await writeMembership(file, { member, membership: admission.value.membership.bytes, app });
  await renewAnchor(home.appFile, anchorOf(app));
  const published = firstUnpublished(await publishApp(directory, app), await publishHistory(directory, identity.history));
  return { member, app, published };
}

/** The furthest charter known may be a newer one than the admission's, and say otherwise. */
function requireMember({ charter }: AppState, { membership }: Admission): void {
  const { member } = membership.claims;
  if (charter.memberById(member.id)?.name === member.name) return;
  const code = charter.removes(member.id) ? 'member-removed' : 'member-unknown';
  throw refusedStatement(code, member.id);
}

function firstUnpublished(...all: readonly Published[]): Published {
  return all.find(({ is }) => is === 'unpublished') ?? { is: 'published' };
}
