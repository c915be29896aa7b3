import type { IdentityId } from '@themis-mesh/core';
import { openFileDirectory, type Directory } from '@themis-mesh/directory';
import type { Home } from '@themis-mesh/storage';

/**
 * The embedded directory of a home.
 *
 * @param now seconds since 1970
 * @param folder where it lies. Default: in the home
 */
export function openHomeDirectory(home: Home, app: IdentityId, now: () => number, folder: string = home.directory): Directory {
  return openFileDirectory({ folder, alarms: home.alarms, app, now });
}
