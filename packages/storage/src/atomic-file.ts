import { constants, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError, systemCode, unless } from './file-errors.ts';
import { openTemporary } from './leftovers.ts';
import { withLock } from './lock.ts';

export interface WriteOptions {
  /** The mode of the file, whatever the umask is. Default 0600. */
  readonly mode?: number;
}

/**
 * Puts a file in place so that a reader, also one after a crash or a power loss, finds the old bytes or the new ones, never
 * a mixture: a temporary file in the same folder, fsync, rename, fsync of the folder.
 *
 * @throws ThemisError THEMIS_FILE_MISSING (no such folder), THEMIS_FILE_DENIED, THEMIS_DISK_FULL, THEMIS_FILE_FAILED; the
 * old file is then still there
 */
export async function writeAtomically(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
  try {
    await replace(path, bytes, options.mode ?? 0o600);
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * The same, but only where nothing has that name.
 *
 * Under the lock of the path, and not by a hard link: a crash between link and unlink would leave a file with two names,
 * which readers of secrets refuse.
 *
 * @returns false where the name is taken; nothing is changed then
 */
export async function createAtomically(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<boolean> {
  return withLock(path, () => createUnderLock(path, bytes, options));
}

/** What {@link createAtomically} does, for those who hold the lock of the path already. */
export async function createUnderLock(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<boolean> {
  if (await exists(path)) return false;
  await writeAtomically(path, bytes, options);
  return true;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await unless(['ENOENT'], lstat(path))) !== undefined;
  } catch (error) {
    throw fileError(error, path);
  }
}

async function replace(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const temporary = await openTemporary(path, mode);
  try {
    try {
      // The umask takes bits from the mode given to open; here it has no say.
      await temporary.file.chmod(mode);
      await temporary.file.writeFile(bytes);
      await temporary.file.sync();
    } finally {
      await temporary.file.close();
    }
    await rename(temporary.path, path);
  } catch (error) {
    await rm(temporary.path, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a rename last through a power loss. Windows cannot open folders, and its file systems journal renames by themselves. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems have no fsync of folders; there is nothing better to do on them.
    if (systemCode(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
