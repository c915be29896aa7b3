import type { Stats } from 'node:fs';
import { type FileHandle, constants, open } from 'node:fs/promises';
import { ThemisError } from '@themis-mesh/core';
import { fileError, unless } from './file-errors.ts';

/** How much is read at a time of what a file has beyond its size beforehand. */
const CHUNK_BYTES = 65_536;

/**
 * Reads a file that may hold anything, up to a size. Pipes and devices are refused without waiting for them, symbolic links
 * are not followed.
 *
 * @returns undefined where there is no such file
 * @throws ThemisError THEMIS_FILE_NOT_REGULAR, THEMIS_FILE_TOO_LARGE, THEMIS_FILE_DENIED, THEMIS_FILE_FAILED
 */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    return await readOpened(path, maxBytes, () => {});
  } catch (error) {
    throw fileError(error, path);
  }
}

/** @param check throws where the file, now open, is not to be read; errors of the file system pass through untranslated */
export async function readOpened(path: string, maxBytes: number, check: (stat: Stats) => void): Promise<Uint8Array | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await unless(['ENOENT'], open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)));
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new ThemisError('THEMIS_FILE_NOT_REGULAR', path);
    check(stat);
    return await readUpTo(file, path, stat.size, maxBytes);
  } finally {
    await file.close();
  }
}

/**
 * A file may grow while it is read, so its size beforehand is no bound; but where it ends there, no further read has to show so.
 */
async function readUpTo(file: FileHandle, path: string, size: number, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (let wanted = size + 1; ; wanted = CHUNK_BYTES) {
    const chunk = Buffer.alloc(Math.min(wanted, maxBytes + 1 - length));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    chunks.push(chunk.subarray(0, bytesRead));
    length += bytesRead;
    if (length > maxBytes) throw new ThemisError('THEMIS_FILE_TOO_LARGE', `${path} has more than ${maxBytes} bytes`);
    const isWhole = length === size && bytesRead < chunk.length;
    if (isWhole || bytesRead === 0) return Buffer.concat(chunks, length);
  }
}
