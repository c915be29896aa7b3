import { holdToImport, type AppState, type Import, type Refusal } from '@themis-mesh/core';
import { DirectoryReader } from '@themis-mesh/directory';
import { StoredApps } from '@themis-mesh/storage';
import type { Workplace } from './workplace.ts';

/** An app that is imported, and how far it is known here. */
export interface ImportState {
  readonly entry: Import;
  /** Undefined where nothing is known that goes as far as was pinned. */
  readonly state: AppState | undefined;
  /** Why what the directory holds is not believed. */
  readonly refusal: Refusal | undefined;
}

/**
 * Of each app that the charter imports the furthest state that the home remembers or the directory holds. What is new is
 * remembered.
 */
export async function readImports({ home, directory, now }: Workplace, { charter }: AppState): Promise<readonly ImportState[]> {
  await using apps = await StoredApps.open(home.apps, { alarms: home.alarms });
  return await Promise.all(
    charter.claims.imports.map(async (entry) => {
      const reader = new DirectoryReader({ directory, app: entry.app, remembered: () => undefined, now: () => now });
      const read = await reader.app(entry.app);
      const found = read.outcome === 'found' ? holdToImport(read.value, entry) : undefined;
      const kept = found?.ok === true ? await apps.keep(found.value) : found;
      const furthest = apps.get(entry.app);
      const state = furthest !== undefined && holdToImport(furthest, entry).ok ? furthest : undefined;
      return { entry, state, refusal: kept?.ok === false ? kept.refusal : undefined };
    }),
  );
}
