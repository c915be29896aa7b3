import { ThemisError, type ErrorCode } from '@themis-mesh/core';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'THEMIS_FILE_MISSING',
  ENOTDIR: 'THEMIS_FILE_MISSING',
  EACCES: 'THEMIS_FILE_DENIED',
  EPERM: 'THEMIS_FILE_DENIED',
  EROFS: 'THEMIS_FILE_DENIED',
  ENOSPC: 'THEMIS_DISK_FULL',
  EDQUOT: 'THEMIS_DISK_FULL',
  EISDIR: 'THEMIS_FILE_NOT_REGULAR',
  // What open says of a socket, and of a symbolic link that is not to be followed.
  ENXIO: 'THEMIS_FILE_NOT_REGULAR',
  ELOOP: 'THEMIS_FILE_NOT_REGULAR',
};

/** The one place where errors of the file system become ours. A ThemisError stays what it is. */
export function fileError(error: unknown, path: string): ThemisError {
  if (error instanceof ThemisError) return error;
  const code = systemCode(error);
  return new ThemisError(CODES[code ?? ''] ?? 'THEMIS_FILE_FAILED', `${path} (${code ?? 'unknown error'})`, { cause: error });
}

/** The `code` of an error of the operating system. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What the operation gives, or undefined where the file system says one of these codes. Other errors pass through. */
export async function unless<T>(codes: readonly string[], operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (codes.includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
