import type { History } from '../identity/history.ts';
import type { RefusalCode } from '../outcome/refusals.ts';
import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import type { UnverifiedStatement } from '../statement/jws.ts';
import type { AppState } from './app-state.ts';
import type { Member } from './member.ts';
import { verifyMembership, type Membership } from './membership.ts';
import { compareSequences, showSequence, type Sequence } from './sequence.ts';

/** What a verifier holds of an app when it judges a peer. */
export interface Holdings {
  readonly app: AppState;
  /** The furthest charter that a young, verified head names, if any. */
  readonly newest?: Sequence | undefined;
  /** Seconds; how long an owner's membership is believed that names a newer charter than the one held. */
  readonly freshness: number;
}

/** What a peer brings. */
export interface Credentials {
  /** The verified history that its certificate carries. */
  readonly history: History;
  readonly membership?: UnverifiedStatement<Membership> | undefined;
}

/** A peer counted as a member, and on whose word. */
export interface Belief {
  readonly member: Member;
  readonly by: 'charter' | 'membership';
  /** Whether the peer names a newer charter than the one held, which should be fetched. */
  readonly behind: boolean;
  /** The charter by which it has its name. */
  readonly charter: Sequence;
  /** How long that word holds where no news come. Seconds since 1970; Infinity for the charter's. */
  readonly until: number;
}

/** Refusals that a newer charter, head or history could turn: whoever meets one fetches. */
const TURNED_BY_NEWS: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'member-unknown',
  'member-name',
  'name-passed-on',
  'name-unknown',
  'charter-missing',
  'charter-expired',
  'membership-unconfirmed',
  'membership-outdated',
  'membership-key-sequence',
  'freshness',
]);

export function isTurnedByNews(code: RefusalCode): boolean {
  return TURNED_BY_NEWS.has(code);
}

/**
 * Whose word decides whether a peer is a member: the charter that the verifier holds, where it is at or past the one that
 * the peer's membership names; else the membership, while it is young, unless a head says that it is outdated. A member of
 * the charter held whose membership only news could confirm is judged by that charter: a mesh that is cut off goes on.
 */
export function believeMember(peer: Credentials, holdings: Holdings, now: number): Verdict<Belief> {
  const { charter } = holdings.app;
  const { id } = peer.history;
  if (charter.removes(id)) return refuse('member-removed', `${id} by charter ${showSequence(charter.sequence)}`);
  const membership = peer.membership?.claims.app === holdings.app.history.id ? peer.membership : undefined;
  const isAhead = membership !== undefined && compareSequences(membership.claims.charter, charter.sequence) > 0;
  const belief = isAhead ? byNewerMembership(membership, peer, holdings, now) : byCharter(peer, holdings, false);
  if (!belief.ok) return belief;
  if (peer.history.retired) return refuse('history-retired', id);
  const { min } = belief.value.member;
  if (!peer.history.holds(min)) return refuse('member-key-behind', `key ${peer.history.seq}, the app asks for ${min.seq}`);
  return belief;
}

function byNewerMembership(
  membership: UnverifiedStatement<Membership>,
  peer: Credentials,
  holdings: Holdings,
  now: number,
): Verdict<Belief> {
  const word = byMembership(membership, peer, holdings, now);
  if (word.ok || !isTurnedByNews(word.refusal.code)) return word;
  // The peer could have left its membership out; bringing it must not do worse.
  const known = byCharter(peer, holdings, true);
  return known.ok ? known : word;
}

function byCharter(peer: Credentials, holdings: Holdings, behind: boolean): Verdict<Belief> {
  const { charter } = holdings.app;
  const member = charter.memberById(peer.history.id);
  if (member !== undefined) return accept({ member, by: 'charter', behind, charter: charter.sequence, until: Infinity });
  return refuse('member-unknown', `${peer.history.id} in charter ${showSequence(charter.sequence)}`);
}

function byMembership(
  membership: UnverifiedStatement<Membership>,
  peer: Credentials,
  { app, newest, freshness }: Holdings,
  now: number,
): Verdict<Belief> {
  const verified = verifyMembership(membership, app.history, now);
  if (!verified.ok) return verified;
  const { claims } = verified.value;
  if (claims.member.id !== peer.history.id) return refuse('membership-other-identity', claims.member.id);
  if (app.charter.claims.exp <= now) return refuse('charter-expired', 'nobody new is admitted by an ended charter');
  if (newest !== undefined && compareSequences(newest, claims.charter) > 0) {
    return refuse('membership-outdated', `charter ${showSequence(claims.charter)}, a head names ${showSequence(newest)}`);
  }
  if (claims.iat + freshness < now) {
    return refuse(
      'membership-unconfirmed',
      `charter ${showSequence(claims.charter)}, held is ${showSequence(app.charter.sequence)}`,
    );
  }
  const until = Math.min(claims.iat + freshness, claims.exp);
  return accept({ member: claims.member, by: 'membership', behind: true, charter: claims.charter, until });
}
