import type { Json } from '../encoding/canonical-json.ts';
import { compareHistories } from '../identity/compare.ts';
import type { EventPoint, History } from '../identity/history.ts';
import type { Signer } from '../keys/signer.ts';
import { policyJson } from '../policy/policy.ts';
import { signStatement } from '../statement/jws.ts';
import type { AppState } from './app-state.ts';
import { Charter, charterShape, type CharterClaims } from './charter.ts';
import { lowersImport, type Import } from './import.ts';
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
export function foundApp(
  history: History,
  owners: readonly Signer[],
  contents: CharterContents,
  times: CharterTimes,
): Promise<AppState> {
  return sign(history, owners, { ...contents, app: history.id, key: history.seq, seq: 0 }, times);
}

/**
 * Signs the next charter of an app.
 *
 * @param history the app's history: the one held, or, after a rotation, the one that extends it
 * @throws TypeError for another history, and where the `min` of a member, or what is pinned of an import, would be lowered
 */
export async function nextCharter(
  held: AppState,
  history: History,
  owners: readonly Signer[],
  contents: CharterContents,
  times: CharterTimes,
): Promise<AppState> {
  const standing = history.id === held.history.id ? compareHistories(held.history, history) : 'forks';
  if (standing !== 'same' && standing !== 'extends') {
    throw new TypeError('the history does not go on from the one of the charter before');
  }
  for (const member of contents.members) {
    if (lowers(held.charter.memberById(member.id)?.min, member.min))
      throw new TypeError(`the charter never lowers the least event of ${member.name}`);
  }
  for (const entry of contents.imports) {
    const before = held.charter.claims.imports.find(({ app }) => app === entry.app);
    if (before !== undefined && lowersImport(before, entry))
      throw new TypeError(`the charter never lowers what is pinned of ${entry.alias}`);
  }
  // New keys count anew: a thief of the old ones may have counted to the end.
  const seq = standing === 'extends' ? 1 : held.charter.claims.seq + 1;
  return sign(history, owners, { ...contents, app: history.id, key: history.seq, seq, prev: held.charter.digest }, times);
}

function lowers(before: EventPoint | undefined, after: EventPoint): boolean {
  return before !== undefined && (after.seq < before.seq || (after.seq === before.seq && after.digest !== before.digest));
}

async function sign(
  history: History,
  owners: readonly Signer[],
  claims: Omit<CharterClaims, 'v' | 'iat' | 'exp'>,
  { now, life = DEFAULT_CHARTER_SECONDS }: CharterTimes,
): Promise<AppState> {
  const statement = await signStatement(
    'charter',
    charterShape,
    charterJson({ ...claims, v: 1, iat: now, exp: now + life }),
    owners,
  );
  const charter = Charter.verify(statement.bytes, history, now);
  if (!charter.ok) throw new TypeError(`${charter.refusal.code}: ${charter.refusal.detail}`);
  return { history, charter: charter.value };
}

function importJson({ alias, app, min, charter }: Import): Json {
  const pinned = charter === undefined ? {} : { charter: { sequence: [...charter.sequence], digest: charter.digest } };
  return { alias, app, min: { seq: min.seq, digest: min.digest }, ...pinned };
}

function charterJson(claims: CharterClaims): Json {
  return {
    ...claims,
    members: claims.members.map(memberJson),
    removed: claims.removed.map((removal) => ({ ...removal })),
    admitters: claims.admitters.map((admitter) => ({ ...admitter, min: { ...admitter.min } })),
    timekeepers: claims.timekeepers.map((timekeeper) => ({ ...timekeeper, min: { ...timekeeper.min } })),
    imports: claims.imports.map(importJson),
    policies: claims.policies.map(({ name, services, policy }) => ({ name, services, policy: policyJson(policy) })),
  };
}
