import { holdToAnchor, ThemisError, type AppState } from '@themis-mesh/core';
import { DirectoryReader } from '@themis-mesh/directory';
import { StoredApps } from '@themis-mesh/storage';
import type { Workplace } from './workplace.ts';

/**
 * The furthest state of the home's app that the home remembers or the directory holds, not behind the home's anchor. What
 * is new in the directory is remembered.
 *
 * @throws ThemisError THEMIS_APP_UNSEEN where neither knows the app, THEMIS_CHARTER_FORKED, THEMIS_STATEMENT_REFUSED
 */
export async function readApp({ home, directory, now }: Workplace): Promise<AppState> {
  const { anchor } = await home.app();
  await using apps = await StoredApps.open(home.apps, { alarms: home.alarms });
  const reader = new DirectoryReader({ directory, remembered: () => undefined, now: () => now });
  const read = await reader.app(anchor.app);
  const state = read.outcome === 'found' ? await keepApp(apps, read.value) : apps.get(anchor.app);
  if (state === undefined) throw new ThemisError('THEMIS_APP_UNSEEN', anchor.app);
  const held = holdToAnchor(state, anchor);
  if (!held.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', held.refusal);
  return held.value;
}

/** Remembers a state. @returns the furthest. @throws ThemisError THEMIS_CHARTER_FORKED */
export async function keepApp(apps: StoredApps, state: AppState): Promise<AppState> {
  const kept = await apps.keep(state);
  if (!kept.ok) throw ThemisError.refused('THEMIS_CHARTER_FORKED', kept.refusal);
  return kept.value;
}
