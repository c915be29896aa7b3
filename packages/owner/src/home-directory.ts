import type { IdentityId } from '@themis-mesh/core';
import { openFileDirectory, type Directory } from '@themis-mesh/directory';
import { isDirectoryAddress, type Home } from '@themis-mesh/storage';

/**
 * The embedded directory of a home.
 *
 * @param now seconds since 1970
 * @param folder where it lies. Default: in the home
 */
export function openHomeDirectory(home: Home, app: IdentityId, now: () => number, folder: string = home.directory): Directory {
  return openFileDirectory({ folder, alarms: home.alarms, app, now });
}

/**
 * The directory that a home names: in a folder, or at an address.
 *
 * @param place the folder's path, or the address. Default: in the home
 * @throws ThemisError `THEMIS_DIRECTORY_INVALID`, and those of files that the address names
 */
export async function openNamedDirectory(home: Home, app: IdentityId, now: () => number, place?: string): Promise<Directory> {
  if (place === undefined || !isDirectoryAddress(place)) return openHomeDirectory(home, app, now, place);
  // Whoever has a folder need not wait until a client of servers is loaded.
  const { openNatsAddress } = await import('@themis-mesh/directory-nats');
  return openNatsAddress({ address: place, app, alarms: home.alarms, now });
}
