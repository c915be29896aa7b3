import type { Stats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { ThemisError, type ErrorCode } from '@themis-mesh/core';
import { readOpened } from './bounded-file.ts';
import { fileError, systemCode } from './file-errors.ts';

/**
 * Reads a file that holds secrets, and refuses it where others could have read or changed it. The checks are made on the
 * opened file, so that nothing can be exchanged between check and read.
 *
 * On Windows modes and owners are not checked: Node shows neither the access control list nor the owner there. The folder
 * of the user's profile keeps other users out by default.
 *
 * @returns undefined where there is no such file
 * @throws ThemisError THEMIS_KEY_FILE_READABLE, _OWNER, _SYMLINK, _LINKED, THEMIS_FILE_NOT_REGULAR, THEMIS_FILE_TOO_LARGE
 */
export async function readPrivate(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    return await readOpened(path, maxBytes, (stat) => refuseUnlessPrivate(path, stat));
  } catch (error) {
    // FreeBSD says EMLINK where others say ELOOP for a symbolic link that was not to be followed.
    const isLink = ['ELOOP', 'EMLINK'].includes(systemCode(error) ?? '');
    throw isLink ? new ThemisError('THEMIS_KEY_FILE_SYMLINK', path, { cause: error }) : fileError(error, path);
  }
}

/** Makes a folder, and those above it, for this user alone (0700) where they are missing; refuses one that others may enter. */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw new ThemisError('THEMIS_KEY_FOLDER_KIND', path, { cause: error });
    throw fileError(error, path);
  }
  await requirePrivateFolder(path);
}

/** @throws ThemisError THEMIS_KEY_FOLDER_OPEN, _OWNER, _KIND, or THEMIS_FILE_MISSING */
export async function requirePrivateFolder(path: string): Promise<void> {
  const stat = await lstat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  if (!stat.isDirectory()) throw new ThemisError('THEMIS_KEY_FOLDER_KIND', path);
  refuseUnlessOwned(path, stat, 'THEMIS_KEY_FOLDER_OWNER');
  refuseWhereOpen(path, stat, 'THEMIS_KEY_FOLDER_OPEN');
}

function refuseUnlessPrivate(path: string, stat: Stats): void {
  refuseUnlessOwned(path, stat, 'THEMIS_KEY_FILE_OWNER');
  refuseWhereOpen(path, stat, 'THEMIS_KEY_FILE_READABLE');
  if (stat.nlink > 1) throw new ThemisError('THEMIS_KEY_FILE_LINKED', `${path} has ${stat.nlink} names`);
}

function refuseUnlessOwned(path: string, stat: Stats, code: ErrorCode): void {
  const user = process.geteuid?.();
  if (user === undefined || stat.uid === user) return;
  throw new ThemisError(code, `${path} belongs to user ${stat.uid}, this is user ${user}`);
}

function refuseWhereOpen(path: string, stat: Stats, code: ErrorCode): void {
  if (process.platform === 'win32' || (stat.mode & 0o077) === 0) return;
  throw new ThemisError(code, `${path} has mode ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}`);
}
