import {
  canonicalJson,
  holdToAnchor,
  parseCanonicalJson,
  ThemisError,
  type AppState,
  type Invite,
  type Json,
  type Member,
  type ServiceName,
} from '@themis-mesh/core';
import { nameNodes } from '@themis-mesh/storage';
import { acceptAdmission, type Accepted } from './accept-admission.ts';
import { readAdmission } from './admission.ts';
import { refusedStatement } from './refused-statement.ts';
import type { Workplace } from './workplace.ts';

export interface Joined extends Accepted {
  readonly member: Member;
  readonly app: AppState;
  /** Until when the membership is good. Seconds since 1970. */
  readonly membershipExpires: number;
}

/**
 * Takes what came through a door: believes it as far as invite and home pin the app, and only where it admits the identity
 * that asked, under the name that was asked for. Where nodes of the directory can be asked is kept.
 *
 * @throws ThemisError THEMIS_STATEMENT_REFUSED, and those of `acceptAdmission`
 */
export async function acceptGiven(
  place: Workplace,
  given: Json,
  invite: Invite,
  asked: Pick<Member, 'id' | 'name'>,
): Promise<Joined> {
  const bytes = Buffer.from(canonicalJson(given));
  const read = readAdmission(bytes, place.now);
  if (!read.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', read.refusal);
  const held = holdToAnchor(read.value.app, invite.anchor);
  if (!held.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', held.refusal);
  const { member, exp } = read.value.membership.claims;
  if (member.id !== asked.id || member.name !== asked.name)
    throw refusedStatement('admission-other', `${member.name}, ${member.id}`);
  const accepted = await acceptAdmission(place, bytes);
  if (invite.nodes.length > 0) await nameNodes(place.home.appFile, invite.nodes.map(showAddress));
  return { ...accepted, membershipExpires: exp };
}

/** What is asked at a door: a join request as the body of a question. */
export function admissionQuestion(request: Uint8Array): { readonly ask: 'admission'; readonly body: Json } {
  return { ask: 'admission', body: parseCanonicalJson(request) ?? null };
}

/** The name to ask for. @throws ThemisError THEMIS_USAGE where there is none, or a token is for another */
export function nameToAsk(invite: Invite, wanted: ServiceName | undefined): ServiceName {
  const name = wanted ?? invite.name;
  if (name === undefined) throw new ThemisError('THEMIS_USAGE', 'the invite names no service: add --name NAME');
  if (invite.token === undefined || invite.name === undefined || invite.name === name) return name;
  throw new ThemisError('THEMIS_USAGE', `the token in the invite is for ${invite.name}, not for ${name}`);
}

function showAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
