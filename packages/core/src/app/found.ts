import type { Json } from '../encoding/canonical-json.ts';
import type { History } from '../identity/history.ts';
import type { Signer } from '../keys/signer.ts';
import { policyJson } from '../policy/policy.ts';
import { signStatement } from '../statement/jws.ts';
import type { AppState } from './app-state.ts';
import { Charter, charterShape, type CharterClaims } from './charter.ts';
import { memberJson } from './member.ts';

/** How long a charter lasts where its owner says nothing else: 90 days, in seconds. */
export const DEFAULT_CHARTER_SECONDS = 7_776_000;

/** What an owner may change from one charter to the next. */
export type CharterContents = Pick<CharterClaims, 'members' | 'removed' | 'admitters' | 'timekeepers' | 'imports' | 'policies'>;

export const EMPTY_CHARTER: CharterContents = Object.freeze({
  members: [],
  removed: [],
  admitters: [],
  timekeepers: [],
  imports: [],
  policies: [],
});

/** When a charter is signed and how long it lasts, in seconds. */
export interface CharterTimes {
  readonly now: number;
  readonly life?: number;
}

/** Signs the first charter of an app. */
export function foundApp(history: History, owners: readonly Signer[], contents: CharterContents, times: CharterTimes): Promise<AppState> {
  return sign(history, owners, { ...contents, app: history.id, key: history.seq, seq: 0 }, times);
}

/**
 * Signs the next charter of an app.
 *
 * @param history the app's history: the one held, or, after a rotation, the one that extends it
 * @throws TypeError where a member's `min` would be lowered
 */
export function nextCharter(
  held: AppState,
  history: History,
  owners: readonly Signer[],
  contents: CharterContents,
  times: CharterTimes,
): Promise<AppState> {
  for (const member of contents.members) {
    const before = held.charter.memberById(member.id);
    if (before !== undefined && before.min.seq > member.min.seq) throw new TypeError(`the charter never lowers the least event of ${member.name}`);
  }
  const seq = held.charter.claims.seq + 1;
  return sign(history, owners, { ...contents, app: history.id, key: history.seq, seq, prev: held.charter.digest }, times);
}

async function sign(
  history: History,
  owners: readonly Signer[],
  claims: Omit<CharterClaims, 'v' | 'iat' | 'exp'>,
  { now, life = DEFAULT_CHARTER_SECONDS }: CharterTimes,
): Promise<AppState> {
  const statement = await signStatement('charter', charterShape, charterJson({ ...claims, v: 1, iat: now, exp: now + life }), owners);
  const charter = Charter.verify(statement.bytes, history, now);
  if (!charter.ok) throw new TypeError(`${charter.refusal.code}: ${charter.refusal.detail}`);
  return { history, charter: charter.value };
}

function charterJson(claims: CharterClaims): Json {
  return {
    ...claims,
    members: claims.members.map(memberJson),
    removed: claims.removed.map((removal) => ({ ...removal })),
    admitters: claims.admitters.map((admitter) => ({ ...admitter, min: { ...admitter.min } })),
    timekeepers: claims.timekeepers.map((timekeeper) => ({ ...timekeeper, min: { ...timekeeper.min } })),
    imports: claims.imports.map((entry) => ({ ...entry, min: { ...entry.min } })),
    policies: claims.policies.map(({ name, services, policy }) => ({ name, services, policy: policyJson(policy) })),
  };
}
