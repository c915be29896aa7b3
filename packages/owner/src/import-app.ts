import {
  anchorOf,
  compareSequences,
  importOf,
  lowersImport,
  holdToAnchor,
  holdToImport,
  MAX_IMPORTS,
  TargetName,
  ThemisError,
  type Anchor,
  type AppState,
  type CharterPolicy,
  type Import,
  type ServiceName,
} from '@themis-mesh/core';
import { DirectoryReader } from '@themis-mesh/directory';
import { StoredApps } from '@themis-mesh/storage';
import { Owner } from './owner.ts';
import type { Published } from './publish.ts';
import { keepApp } from './read-app.ts';
import { renewMemberships } from './renew-memberships.ts';
import type { Workplace } from './workplace.ts';

export interface Imported {
  readonly entry: Import;
  readonly app: AppState;
  /** The other app as far as it is known here; undefined where only its anchor is. */
  readonly other: AppState | undefined;
  readonly published: Published;
}

/**
 * Makes another app known to this one, under a name of its own choice: from now on the services of both can be told from each
 * other and from strangers. Who may call whom is said by policies. Doing it again moves on what is pinned; it is never lowered.
 *
 * @param anchor of the other app. With its ID alone, what the directory has of it is believed.
 * @throws ThemisError THEMIS_NAME_TAKEN, THEMIS_IMPORT_OWN, THEMIS_IMPORT_TWICE, THEMIS_APP_UNSEEN, THEMIS_APP_FULL,
 * THEMIS_STATEMENT_REFUSED, THEMIS_CHARTER_FORKED, and those of {@link Owner.at}
 */
export async function importApp(place: Workplace, alias: ServiceName, anchor: Anchor): Promise<Imported> {
  return Owner.at(place, async (owner) => {
    const { imports } = owner.app.charter.claims;
    requireFree(owner.app, alias, anchor);
    const other = await readOther(place, anchor);
    const before = imports.find(({ app }) => app === anchor.app);
    const entry = pinned(alias, anchor, other, before);
    if (imports.length >= MAX_IMPORTS && before === undefined)
      throw new ThemisError('THEMIS_APP_FULL', `${imports.length} imports`);
    const app = await owner.sign({ imports: [...imports.filter(({ app: id }) => id !== anchor.app), entry] });
    await renewMemberships(owner);
    return { entry, app, other, published: owner.published };
  });
}

/**
 * Makes another app unknown again: its members are strangers from then on, also on connections that are open. What policies of
 * the charter grant to them goes too, so that another app that gets the alias later does not inherit it.
 *
 * @throws ThemisError THEMIS_IMPORT_UNKNOWN, and those of {@link Owner.at}
 */
export async function removeImport(place: Workplace, alias: ServiceName): Promise<Omit<Imported, 'other'>> {
  return Owner.at(place, async (owner) => {
    const { imports, policies } = owner.app.charter.claims;
    const entry = owner.app.charter.importByAlias(alias);
    if (entry === undefined) throw new ThemisError('THEMIS_IMPORT_UNKNOWN', alias);
    const left = imports.filter((each) => each !== entry);
    const app = await owner.sign({ imports: left, policies: policies.map((each) => withoutAlias(each, alias)) });
    await renewMemberships(owner);
    return { entry, app, published: owner.published };
  });
}

function requireFree({ history, charter }: AppState, alias: ServiceName, anchor: Anchor): void {
  if (anchor.app === history.id) throw new ThemisError('THEMIS_IMPORT_OWN', anchor.app);
  const member = charter.memberByName(alias);
  if (member !== undefined) throw new ThemisError('THEMIS_NAME_TAKEN', `${alias} is ${member.id}`);
  const same = charter.importByAlias(alias);
  if (same !== undefined && same.app !== anchor.app) {
    throw new ThemisError('THEMIS_NAME_TAKEN', `${alias} is the alias of the app ${same.app}`);
  }
  const twin = charter.claims.imports.find((entry) => entry.app === anchor.app && entry.alias !== alias);
  if (twin !== undefined) throw new ThemisError('THEMIS_IMPORT_TWICE', `${anchor.app} is ${twin.alias} already`);
}

/** What is known of the other app: the furthest of what was seen here and what the directory has, held to its anchor. */
async function readOther({ home, directory, now }: Workplace, anchor: Anchor): Promise<AppState | undefined> {
  await using apps = await StoredApps.open(home.apps, { alarms: home.alarms });
  const reader = new DirectoryReader({ directory, app: anchor.app, remembered: () => undefined, now: () => now });
  const read = await reader.app(anchor.app);
  const known = [read.outcome === 'found' ? read.value : undefined, apps.get(anchor.app)];
  let furthest: AppState | undefined;
  for (const state of known) {
    if (state === undefined || isBehind(state, anchor)) continue;
    const held = holdToAnchor(state, anchor);
    if (!held.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', held.refusal);
    furthest = await keepApp(apps, held.value);
  }
  return furthest;
}

/** A directory that has not heard of the newest yet is no reason not to pin it. */
function isBehind({ history, charter }: AppState, { checkpoint }: Anchor): boolean {
  if (checkpoint === undefined) return false;
  return history.seq < checkpoint.key || compareSequences(charter.sequence, checkpoint.charter) < 0;
}

/** What is pinned from now on: the newest that is known of the app, and never less than before. */
function pinned(alias: ServiceName, anchor: Anchor, other: AppState | undefined, before: Import | undefined): Import {
  const entry = importOf(alias, other === undefined ? anchor : anchorOf(other));
  if (entry === undefined) {
    throw new ThemisError('THEMIS_APP_UNSEEN', `${anchor.app}: the directory does not know it; give its anchor`);
  }
  if (before === undefined) return entry;
  if (other !== undefined) requireFollows(other, before);
  return lowersImport(before, entry) ? { ...before, alias } : entry;
}

function requireFollows(other: AppState, before: Import): void {
  const held = holdToImport(other, before);
  if (!held.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', held.refusal);
}

function withoutAlias({ policy, ...rest }: CharterPolicy, alias: ServiceName): CharterPolicy {
  return { ...rest, policy: { ...policy, allow: policy.allow.filter((name) => TargetName.partsOf(name).alias !== alias) } };
}
