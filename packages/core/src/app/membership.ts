import type { Json } from '../encoding/canonical-json.ts';
import { extension, literal, object, optional, ShapeError, time, type Shape } from '../encoding/shape.ts';
import { IdentityId } from '../identity/id.ts';
import type { History } from '../identity/history.ts';
import type { Signer } from '../keys/signer.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { readStatement, signStatement, verifyStatement, type Statement, type UnverifiedStatement } from '../statement/jws.ts';
import { MAX_CHARTER_SECONDS, MAX_SKEW_SECONDS } from './charter.ts';
import { memberJson, memberShape, type Member } from './member.ts';
import { sequenceShape, type Sequence } from './sequence.ts';

/** An owner's word that an identity was admitted under a name. It travels in the leaf, so that a handshake alone proves it. */
export interface Membership {
  readonly v: 1;
  readonly app: IdentityId;
  /** The charter that admits the member. */
  readonly charter: Sequence;
  /** The member's whole entry in that charter. */
  readonly member: Member;
  readonly iat: number;
  readonly exp: number;
  readonly ext?: Json;
}

const shape = object<Membership>({
  v: literal(1),
  app: IdentityId.shape,
  charter: sequenceShape,
  member: memberShape,
  iat: time,
  exp: time,
  ext: optional(extension),
});

export const membershipShape: Shape<Membership> = (value, path) => {
  const claims = shape(value, path);
  if (claims.exp <= claims.iat || claims.exp - claims.iat > MAX_CHARTER_SECONDS) {
    throw new ShapeError('exp', 'after iat, by at most 400 days');
  }
  return claims;
};

/** @param owners enough of the app's operational signers */
export function signMembership(claims: Omit<Membership, 'v'>, owners: readonly Signer[]): Promise<Statement<Membership>> {
  const json = { ...claims, v: 1, member: memberJson(claims.member) };
  return signStatement('membership', membershipShape, json, owners);
}

export function readMembership(bytes: Uint8Array): Verdict<UnverifiedStatement<Membership>> {
  return readStatement(bytes, 'membership', membershipShape);
}

/** @param app the furthest history known of the app, at least up to the event that the membership was signed under */
export function verifyMembership(
  membership: UnverifiedStatement<Membership>,
  app: History,
  now: number,
): Verdict<Statement<Membership>> {
  const { claims } = membership;
  if (claims.app !== app.id) return refuse('membership-other-app', claims.app);
  const quorum = now < app.goodUntil(claims.charter[0]) ? app.quorumAt(claims.charter[0]) : undefined;
  if (quorum === undefined) return refuse('membership-key-sequence', `${claims.charter[0]}, the app is known up to ${app.seq}`);
  const verified = verifyStatement(membership, quorum);
  if (!verified.ok) return verified;
  if (claims.iat > now + MAX_SKEW_SECONDS) return refuse('membership-future', `${claims.iat}, it is ${now}`);
  if (claims.exp <= now) return refuse('membership-expired', `${claims.exp}, it is ${now}`);
  return accept(verified.value);
}
