import { appStateBytes, historyBytes, ThemisError, type AppState, type History, type SignedRecord } from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';

/** Whether the directory has it now. What it could not be told is told again by the owner's next action. */
export type Published = { readonly is: 'published' } | { readonly is: 'unpublished'; readonly because: string };

export const PUBLISHED: Published = { is: 'published' };

/** @throws ThemisError THEMIS_RECORD_REFUSED */
export function publishApp(directory: Directory, app: AppState): Promise<Published> {
  return publish(directory, { key: { kind: 'charter', id: app.history.id }, bytes: appStateBytes(app) });
}

/** @throws ThemisError THEMIS_RECORD_REFUSED */
export function publishHistory(directory: Directory, history: History): Promise<Published> {
  return publish(directory, { key: { kind: 'history', id: history.id }, bytes: historyBytes(history) });
}

async function publish(directory: Directory, record: SignedRecord): Promise<Published> {
  const stored = await directory.store(record);
  switch (stored.outcome) {
    case 'stored':
    case 'unchanged':
      return PUBLISHED;
    case 'refused':
      throw ThemisError.refused('THEMIS_RECORD_REFUSED', stored.refusal);
    case 'unavailable':
      return { is: 'unpublished', because: stored.error.message };
  }
}
