import type { IdentityId } from '@themis-mesh/core';
import { openFileDirectory, type Directory } from '@themis-mesh/directory';
import type { Home } from '@themis-mesh/storage';

/** The embedded directory of a home. @param now seconds since 1970 */
export function openHomeDirectory(home: Home, app: IdentityId, now: () => number): Directory {
  return openFileDirectory({ folder: home.directory, alarms: home.alarms, app, now });
}
