import { anchorShape, IdentityId, shape, ThemisError, type Anchor, type Json } from '@themis-mesh/core';
import { createAtomically, readBounded } from '@themis-mesh/storage';

/** The most that any file takes which is carried from one machine to another. */
const MAX_BYTES = 2_097_152;

/** Reads a file that came from elsewhere. @throws ThemisError THEMIS_FILE_MISSING and its kin */
export async function readCarried(path: string): Promise<Uint8Array> {
  const bytes = await readBounded(path, MAX_BYTES);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', path);
  return trimmed(bytes);
}

/** Writes a file to be carried elsewhere, with a line's end. Nothing in it is secret. @throws ThemisError THEMIS_FILE_EXISTS */
export async function writeCarried(path: string, bytes: Uint8Array): Promise<void> {
  const content = Buffer.concat([bytes, Buffer.from('\n')]);
  if (!(await createAtomically(path, content, { mode: 0o644 }))) throw new ThemisError('THEMIS_FILE_EXISTS', path);
}

/**
 * @param text an ID, the path of a file with an anchor, or the anchor itself as `themis anchor` prints it
 * @throws ThemisError THEMIS_FILE_MISSING, THEMIS_ANCHOR_INVALID
 */
export async function readAnchor(text: string): Promise<Anchor> {
  const app = IdentityId.parse(text);
  if (app !== undefined) return { app };
  try {
    const json = text.startsWith('{') ? text : Buffer.from(await readCarried(text)).toString();
    return anchorShape(JSON.parse(json) as Json, '');
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof shape.ShapeError)) throw error;
    throw new ThemisError('THEMIS_ANCHOR_INVALID', `${text}: ${error.message}`, { cause: error });
  }
}

/** Without the line's end that {@link writeCarried}, an editor or a mail put behind it. */
function trimmed(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').trim(), 'latin1');
}
