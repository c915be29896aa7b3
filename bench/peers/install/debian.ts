import { join } from 'node:path';
import { DEBIAN_LIBRARIES as LIBRARIES, unpackDebian } from '@themis-mesh/testkit';

/** Where the shared libraries of the packages lie, from the cache's folder. */
export const DEBIAN_LIBRARIES: string = `debian/${LIBRARIES}`;

/** Unpacks packages of Debian into `debian/`. @throws Error where apt does not know them, or this is no Debian */
export function installDebian(cache: string, names: readonly string[]): void {
  unpackDebian(names, { parcels: join(cache, 'packages'), root: join(cache, 'debian') });
}
