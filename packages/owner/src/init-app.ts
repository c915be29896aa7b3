import {
  anchorOf,
  EMPTY_CHARTER,
  foundApp,
  ThemisError,
  type AppState,
  type IdentityId,
  type ServiceName,
} from '@themis-mesh/core';
import type { Directory } from '@themis-mesh/directory';
import {
  createStored,
  directoryPlace,
  ensurePrivateFolder,
  Home,
  IdentityFile,
  RecoveryFile,
  StoredApps,
  type IdentityPlace,
  type StoredIdentity,
} from '@themis-mesh/storage';
import { openNamedDirectory } from './home-directory.ts';
import { underOwnersLock } from './owner.ts';
import { publishApp, type Published } from './publish.ts';
import { keepApp, readApp } from './read-app.ts';
import type { Workplace } from './workplace.ts';

export interface NewApp {
  /** What people here call the app. */
  readonly name?: ServiceName | undefined;
  /** The file for the recovery keys. Default: beside the operational keys, from where they should be moved. */
  readonly recovery?: string | undefined;
  /** The folder of the directory or its address, where it is not the one in the home. */
  readonly directory?: string | undefined;
  /** Where it is published. Default: the embedded directory of the home. */
  readonly openDirectory?: ((app: IdentityId) => Directory | Promise<Directory>) | undefined;
}

export interface FoundedApp {
  readonly app: AppState;
  /** Where the recovery keys lie. */
  readonly recovery: string;
  readonly published: Published;
}

/**
 * Makes a home for a new app: its owner's keys, its recovery keys, and its first charter. The file that makes the folder a
 * home is written last; what a crash before it left is taken up again.
 *
 * @throws ThemisError THEMIS_HOME_EXISTS, THEMIS_RECOVERY_MISSING where a first attempt named another recovery file
 */
export async function initApp(place: Omit<Workplace, 'directory'>, options: NewApp = {}): Promise<FoundedApp> {
  const { name, recovery } = options;
  const { home, sealing, now } = place;
  await ensurePrivateFolder(home.root);
  return underOwnersLock(place, async () => {
    await requireNoApp(home);
    const files = {
      identity: new IdentityFile(home.owner.identity, sealing),
      recovery: new RecoveryFile(recovery ?? home.owner.recovery, sealing),
    };
    const owner = (await takeUp(files)) ?? (await createStored(files, { now }));
    await using apps = await StoredApps.open(home.apps, { alarms: home.alarms });
    const first = apps.get(owner.history.id) ?? (await foundApp(owner.history, owner.signers, EMPTY_CHARTER, { now }));
    await keepApp(apps, first);
    const directoryFolder = options.directory === undefined ? {} : { directory: directoryPlace(options.directory) };
    await Home.create(home.root, { ...(name === undefined ? {} : { name }), anchor: anchorOf(first), ...directoryFolder });
    const folder = await home.directoryFolder();
    const openDirectory = options.openDirectory ?? ((app) => openNamedDirectory(home, app, () => now, folder));
    await using directory = await openDirectory(owner.history.id);
    const published = await publishApp(directory, first);
    return { app: await readApp({ ...place, directory }), recovery: files.recovery.path, published };
  });
}

async function requireNoApp(home: Home): Promise<void> {
  try {
    await home.app();
  } catch (error) {
    if (ThemisError.is(error, 'THEMIS_HOME_MISSING')) return;
    throw error;
  }
  throw new ThemisError('THEMIS_HOME_EXISTS', home.root);
}

async function takeUp({ identity, recovery }: IdentityPlace): Promise<StoredIdentity | undefined> {
  const owner = await identity.read();
  if (owner !== undefined) await recovery.committed(owner.history);
  return owner;
}
