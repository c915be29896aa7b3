import { advanceApp, holdToAnchor, ThemisError, type Anchor, type AppState } from '@themis-mesh/core';
import type { DirectoryReader } from '@themis-mesh/directory';
import type { OwnIdentity } from './own-identity.ts';

/**
 * The state of the app that a process starts with: the furthest of what was seen before and what the directory has, held to
 * what was pinned.
 *
 * @throws ThemisError `THEMIS_DIRECTORY_UNAVAILABLE` where there is none at all; `THEMIS_STATEMENT_REFUSED`
 */
export async function firstState(anchor: Anchor, seen: AppState | undefined, reader: DirectoryReader): Promise<AppState> {
  const read = await reader.app(anchor.app);
  const found = read.outcome === 'found' ? read.value : undefined;
  const state = further(seen, found);
  if (state === undefined) {
    const because = read.outcome === 'unavailable' ? read.error.message : 'it holds no charter of the app';
    throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', because);
  }
  const held = holdToAnchor(state, anchor);
  if (!held.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', held.refusal);
  return held.value;
}

/**
 * Tells a service that nobody would take: it was removed, or never admitted. A membership may be newer than the charter held.
 *
 * @throws ThemisError `THEMIS_MEMBERSHIP_ENDED`
 */
export function requireAdmitted(own: OwnIdentity, { charter }: AppState): void {
  if (charter.removes(own.id)) throw new ThemisError('THEMIS_MEMBERSHIP_ENDED', `${own.id} was removed from the app`);
  if (own.hasMembership || charter.memberById(own.id) !== undefined) return;
  throw new ThemisError('THEMIS_MEMBERSHIP_ENDED', `${own.id} was not admitted yet`);
}

/** What was seen first stays, where the two contradict each other. */
function further(seen: AppState | undefined, found: AppState | undefined): AppState | undefined {
  if (seen === undefined || found === undefined) return seen ?? found;
  if (seen.history.id !== found.history.id) return seen;
  const advance = advanceApp(seen, found);
  return advance.ok && advance.value === 'newer' ? found : seen;
}
