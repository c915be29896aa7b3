import { MAX_SKEW_SECONDS, ThemisError, verifyJoinRequest, type AppState, type VerifiedJoinRequest } from '@themis-mesh/core';
import { admissionBytes } from './admission.ts';
import { admitMember, type Admitted } from './admit-member.ts';
import { parseLabels } from './labels.ts';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { refusedStatement } from './refused-statement.ts';
import { renewMemberships } from './renew-memberships.ts';
import type { Workplace } from './workplace.ts';

export interface Admittance extends Admitted {
  /** What goes back to who asked: the wire form. */
  readonly admission: Uint8Array;
  readonly published: Published;
}

/**
 * Admits who signed a join request, under the name that it asks for. The same identity may ask again: its membership is
 * then a new one, and of its keys the newest count.
 *
 * Whether the request came from who it should is for the owner to know: its fingerprint is the identity's ID.
 *
 * @throws ThemisError THEMIS_STATEMENT_REFUSED, THEMIS_NAME_TAKEN, THEMIS_MEMBER_RENAMED, THEMIS_HISTORY_FORKED, and those of
 * {@link Owner.at}
 */
export async function admit(
  place: Workplace,
  request: Uint8Array,
  options: { readonly labels?: Readonly<Record<string, string>> | undefined } = {},
): Promise<Admittance> {
  const labels = options.labels === undefined ? undefined : parseLabels(options.labels);
  return Owner.at(place, async (owner) => {
    const { claims, history } = requireRequest(owner.app, request, owner.place.now);
    const admitted = await admitMember(owner, { name: claims.name, history, labels });
    await renewMemberships(owner);
    return { ...admitted, admission: admissionBytes(admitted.app, admitted.membership), published: owner.published };
  });
}

/** @throws ThemisError THEMIS_STATEMENT_REFUSED where it is no sound request to this app */
export function requireRequest({ history }: AppState, bytes: Uint8Array, now: number): VerifiedJoinRequest {
  const request = verifyJoinRequest(bytes);
  if (!request.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', request.refusal);
  const { claims } = request.value;
  if (claims.app !== history.id) throw refusedStatement('join-request-other-app', claims.app);
  if (claims.iat > now + MAX_SKEW_SECONDS) throw refusedStatement('join-request-future', `${claims.iat}, it is ${now}`);
  return request.value;
}
