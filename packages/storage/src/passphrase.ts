import { ThemisError } from '@themis-mesh/core';
import { readPrivate } from './private-file.ts';

const MIN_BYTES = 8;
const MAX_BYTES = 1024;

/**
 * Reads the passphrase of sealed keys from a file that nobody else may read: its one line, without the line's end.
 *
 * @throws ThemisError THEMIS_FILE_MISSING, THEMIS_PASSPHRASE_INVALID, and those of {@link readPrivate}
 */
export async function readPassphrase(path: string): Promise<Uint8Array> {
  const bytes = await readPrivate(path, MAX_BYTES + 2);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', path);
  const line = withoutLineEnd(Buffer.from(bytes));
  if (line.length < MIN_BYTES || line.length > MAX_BYTES || line.includes(0x0a) || line.includes(0x00)) {
    throw new ThemisError('THEMIS_PASSPHRASE_INVALID', path);
  }
  return line;
}

function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
