import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { IdentityId, ServiceName } from '@themis-mesh/core';
import { fileError, IdentityFile, RecoveryFile, type Home, type IdentityPlace, type Sealing } from '@themis-mesh/storage';

/** Where a service's keys lie. @param recovery where its recovery keys lie, if not beside the operational ones */
export function serviceFiles(home: Home, name: ServiceName, sealing: Sealing | undefined, recovery?: string): IdentityPlace {
  const paths = home.service(name);
  return {
    identity: new IdentityFile(paths.identity, sealing),
    recovery: new RecoveryFile(recovery ?? paths.recovery, sealing),
  };
}

/**
 * Keeps the keys of a removed identity, which never comes back, out of the way of a new one with its name.
 *
 * @returns where they are
 */
export async function setAside(home: Home, name: ServiceName, id: IdentityId): Promise<string> {
  const { folder } = home.service(name);
  const aside = join(dirname(folder), `removed-${id}`);
  try {
    await rename(folder, aside);
  } catch (error) {
    throw fileError(error, folder);
  }
  return aside;
}
