import { randomBytes } from 'node:crypto';
import { type FileHandle, constants, lstat, open, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { unless } from './file-errors.ts';
import { livenessOf, ownMark, parseMark, showMark } from './process-mark.ts';

/** After that, a temporary file of a process that cannot be asked counts as left behind. */
const ABANDONED_MS = 3_600_000;

const GRAMMAR = /^\.themis-([0-9a-f]{16}-\d+-\d+)-[0-9a-f]{16}\.tmp$/;

/** A new, open file beside `path`, whose name tells which process makes it. Readers of the folder pass such names over. */
export async function openTemporary(path: string, mode: number): Promise<{ readonly path: string; readonly file: FileHandle }> {
  const temporary = join(dirname(path), `.themis-${showMark(ownMark())}-${randomBytes(8).toString('hex')}.tmp`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  await sweepOnce(dirname(path));
  return { path: temporary, file: await open(temporary, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), mode) };
}

/** Whether a name in a folder is that of a temporary file. */
export function isTemporary(name: string): boolean {
  return GRAMMAR.test(name);
}

const swept = new Map<string, Promise<void>>();

/** A process leaves files behind only when it dies, so it is enough to look once in the life of each other. */
function sweepOnce(folder: string): Promise<void> {
  const path = resolve(folder);
  const begun = swept.get(path);
  if (begun !== undefined) return begun;
  const sweeping = sweep(path).catch((error: unknown) => {
    swept.delete(path);
    throw error;
  });
  swept.set(path, sweeping);
  return sweeping;
}

async function sweep(folder: string): Promise<void> {
  for (const name of (await unless(['ENOENT'], readdir(folder))) ?? []) {
    if (await isLeftBehind(folder, name)) await rm(join(folder, name), { force: true });
  }
}

async function isLeftBehind(folder: string, name: string): Promise<boolean> {
  const mark = parseMark(GRAMMAR.exec(name)?.[1] ?? '');
  if (mark === undefined) return false;
  const liveness = livenessOf(mark);
  if (liveness !== 'unknown') return liveness === 'dead';
  const stat = await unless(['ENOENT'], lstat(join(folder, name)));
  return stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_MS;
}
