import { compareHistories, ThemisError, type AppState, type History, type Member, type ServiceName } from '@themis-mesh/core';
import { StoredHistories } from '@themis-mesh/storage';
import type { Owner } from './owner.ts';
import { publishHistory } from './publish.ts';
import { refusedStatement } from './refused-statement.ts';

export interface Wish {
  readonly name: ServiceName;
  /** Of the identity that is to hold the name. */
  readonly history: History;
  /** Undefined: those that it has. */
  readonly labels?: ReadonlyMap<string, string> | undefined;
}

export interface Admitted {
  readonly member: Member;
  /** The wire form of the membership. */
  readonly membership: Uint8Array;
  readonly app: AppState;
}

/**
 * Puts an identity into the charter under a name, or renews its place there: with its newest keys as the least that is
 * believed of it.
 *
 * @throws ThemisError
 * - `THEMIS_NAME_TAKEN`: another identity, or an import, holds the name
 * - `THEMIS_MEMBER_RENAMED`: the identity is a member under another name
 * - `THEMIS_STATEMENT_REFUSED`: the identity was removed or retired, or newer keys of it are known
 * - `THEMIS_HISTORY_FORKED`
 */
export async function admitMember(owner: Owner, wish: Wish): Promise<Admitted> {
  const [admitted] = await admitMembers(owner, [wish]);
  if (admitted === undefined) throw new TypeError('a wish without an answer');
  return admitted;
}

/** {@link admitMember} for several identities and names, by one charter: all of them, or none. @returns in their order */
export async function admitMembers(owner: Owner, wishes: readonly Wish[]): Promise<readonly Admitted[]> {
  const members = wishes.map((wish) => memberOf(wish, requireAdmissible(owner.app, wish)));
  await requireNewest(
    owner,
    wishes.map(({ history }) => history),
  );
  const ids = new Set(members.map(({ id }) => id));
  const others = owner.app.charter.claims.members.filter(({ id }) => !ids.has(id));
  for (const { history } of wishes) owner.note(await publishHistory(owner.place.directory, history));
  const app = await owner.sign({ members: [...others, ...members] });
  return Promise.all(members.map(async (member) => ({ member, membership: await owner.admit(member), app })));
}

function memberOf({ name, history, labels }: Wish, before: Member | undefined): Member {
  const kept = labels ?? before?.labels;
  return { ...before, name, id: history.id, min: history.point, ...(kept === undefined ? {} : { labels: kept }) };
}

/** @returns the member that the identity is already, if any */
export function requireAdmissible({ charter }: AppState, { name, history }: Wish): Member | undefined {
  const holder = charter.memberByName(name);
  if (holder !== undefined && holder.id !== history.id) throw new ThemisError('THEMIS_NAME_TAKEN', `${name} is ${holder.id}`);
  const isAlias = charter.claims.imports.some(({ alias }) => alias === name);
  if (isAlias) throw new ThemisError('THEMIS_NAME_TAKEN', `${name} is the alias of an app`);
  const before = charter.memberById(history.id);
  if (before !== undefined && before.name !== name) {
    throw new ThemisError('THEMIS_MEMBER_RENAMED', `${history.id} is ${before.name}, asked for is ${name}`);
  }
  if (charter.removes(history.id)) throw refusedStatement('member-removed', `${history.id} does not come back`);
  if (history.retired) throw refusedStatement('history-retired', history.id);
  if (before !== undefined && !history.holds(before.min)) {
    throw refusedStatement('member-key-behind', `key ${history.seq}, known is ${before.min.seq}`);
  }
  return before;
}

/** An older history is one under whose keys nothing new is to be signed. */
async function requireNewest({ place: { home } }: Owner, histories: readonly History[]): Promise<void> {
  await using seen = await StoredHistories.open(home.seen, { alarms: home.alarms });
  for (const history of histories) {
    const kept = await seen.keep(history);
    if (!kept.ok) throw ThemisError.refused('THEMIS_HISTORY_FORKED', kept.refusal);
    if (compareHistories(kept.value, history) === 'same') continue;
    throw refusedStatement('history-superseded', `key ${history.seq} of ${history.id}, known is ${kept.value.seq}`);
  }
}
