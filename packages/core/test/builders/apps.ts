import type { AppState } from '../../src/app/app-state.ts';
import { EMPTY_CHARTER, foundApp, nextCharter, type CharterContents } from '../../src/app/found.ts';
import type { Member } from '../../src/app/member.ts';
import { readMembership, signMembership, type Membership } from '../../src/app/membership.ts';
import { ServiceName } from '../../src/app/name.ts';
import type { Signer } from '../../src/keys/signer.ts';
import type { UnverifiedStatement } from '../../src/statement/jws.ts';
import { newIdentity, NOW, type Owned } from './identities.ts';
import { accepted } from './verdicts.ts';

/** An app with its owners' private keys. */
export interface OwnedApp {
  readonly owner: Owned;
  readonly state: AppState;
}

export function named(text: string): ServiceName {
  const name = ServiceName.parse(text);
  if (name === undefined) throw new TypeError(`no name: ${text}`);
  return name;
}

export function memberOf(name: string, { history }: Owned, min: number = history.seq): Member {
  const { digest } = history.events[min] ?? history.last;
  return { name: named(name), id: history.id, min: { seq: min, digest } };
}

export async function newApp(contents: Partial<CharterContents> = {}, owner?: Owned, life?: number): Promise<OwnedApp> {
  const owned = owner ?? (await newIdentity());
  const times = life === undefined ? { now: NOW } : { now: NOW, life };
  return { owner: owned, state: await foundApp(owned.history, owned.operational, { ...EMPTY_CHARTER, ...contents }, times) };
}

/** The app with its next charter. @param owner after a rotation: the identity with its new keys */
export async function advanced(
  app: OwnedApp,
  contents: Partial<CharterContents>,
  owner: Owned = app.owner,
  now: number = NOW,
): Promise<OwnedApp> {
  const { members, removed, admitters, timekeepers, imports, policies } = app.state.charter.claims;
  const next = { members, removed, admitters, timekeepers, imports, policies, ...contents };
  return { owner, state: await nextCharter(app.state, owner.history, owner.operational, next, { now }) };
}

export interface MembershipPlan {
  readonly charter?: readonly [number, number];
  readonly iat?: number;
  readonly exp?: number;
  readonly signers?: readonly Signer[];
}

/** A membership by the app's owners under its present charter, unless said otherwise. */
export async function membershipBytes(app: OwnedApp, member: Member, plan: MembershipPlan = {}): Promise<Uint8Array> {
  const { charter = app.state.charter.sequence, iat = NOW, exp = iat + 86_400, signers = app.owner.operational } = plan;
  return (await signMembership({ app: app.owner.history.id, charter, member, iat, exp }, signers)).bytes;
}

export async function membershipOf(
  app: OwnedApp,
  member: Member,
  plan: MembershipPlan = {},
): Promise<UnverifiedStatement<Membership>> {
  return accepted(readMembership(await membershipBytes(app, member, plan)));
}
