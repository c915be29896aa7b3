import { createHash, randomBytes } from 'node:crypto';
import { constants, link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ThemisError } from '@themis-mesh/core';
import { fileError, systemCode, unless } from './file-errors.ts';
import { openTemporary } from './leftovers.ts';
import { livenessOf, ownMark, parseMark, showMark } from './process-mark.ts';

/** How long {@link withLock} waits for others where its caller gives no signal. */
export const LOCK_WAIT_MS = 10_000;

/** After that, a lock of a process that cannot be asked (of another container, or before a power loss) counts as left behind. */
export const LOCK_ABANDONED_MS = 120_000;

export interface LockOptions {
  /** Ends the waiting, not the work. Default: after {@link LOCK_WAIT_MS}. */
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` while no other process, and nobody else in this one, runs one under the same path. For reading, changing and
 * writing what lies at `path`: a matter of milliseconds, never of waiting for people or peers.
 *
 * The lock is a file `<path>.lock` that names its owner. One left by a process that died is taken over: who creates
 * `<path>.lock.<digest of the dead owner's lock>` is its one heir, makes sure that the dead lock still stands, and renames
 * its own file over it. A latecomer that judged an older lock finds that it stands no more, and begins again.
 *
 * @throws ThemisError THEMIS_LOCK_BUSY where others hold it for too long, THEMIS_ABORTED where the caller gave up
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const lock = `${resolve(path)}.lock`;
  const signal = options.signal ?? AbortSignal.timeout(LOCK_WAIT_MS);
  const turn = await waitForTurn(lock, signal);
  try {
    const content = await acquire(lock, signal);
    try {
      return await work();
    } finally {
      await release(lock, content);
    }
  } finally {
    turn.end();
  }
}

interface Turn {
  end(): void;
}

/** Of each lock, the end of the last one in this process that waits for it or holds it. */
const turns = new Map<string, Promise<void>>();

async function waitForTurn(lock: string, signal: AbortSignal): Promise<Turn> {
  const before = turns.get(lock) ?? Promise.resolve();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const mine = before.then(() => ended);
  turns.set(lock, mine);
  void mine.then(() => turns.get(lock) === mine && turns.delete(lock));
  try {
    await abortable(before, signal, lock);
    return { end };
  } catch (error) {
    end();
    throw error;
  }
}

/** @returns what the lock file holds while it is ours */
async function acquire(lock: string, signal: AbortSignal): Promise<string> {
  const content = `${showMark(ownMark())}\n${randomBytes(16).toString('hex')}\n`;
  try {
    const claim = await writeClaim(lock, content);
    try {
      for (let pause = 1; !(await tryAcquire(lock, claim)); pause = Math.min(2 * pause, 50)) {
        await abortable(delay(pause), signal, lock);
      }
      return content;
    } finally {
      await rm(claim, { force: true });
    }
  } catch (error) {
    throw fileError(error, lock);
  }
}

/** A lock that was held for so long that another took it is no longer ours to remove. */
async function release(lock: string, content: string): Promise<void> {
  try {
    if ((await readLock(lock)) === content) await rm(lock, { force: true });
  } catch (error) {
    throw fileError(error, lock);
  }
}

async function tryAcquire(lock: string, claim: string): Promise<boolean> {
  if (await linkedAs(claim, lock)) return true;
  const chain = await readChain(lock);
  const last = chain.at(-1);
  if (last === undefined || !(await isLeftBehind(last))) return false;
  const inheritance = `${lock}.${last.digest}`;
  if (!(await linkedAs(claim, inheritance))) return false;
  if (!(await stillStands(chain))) {
    await rm(inheritance, { force: true });
    return false;
  }
  await rename(inheritance, lock);
  await sweep(lock);
  return true;
}

/** A lock file, and what it held when it was read. */
interface Link {
  readonly path: string;
  readonly content: string;
  readonly digest: string;
}

/** The lock, its heir if it has one, the heir's heir, and so on: the last of them is the one that holds it. */
async function readChain(lock: string): Promise<readonly Link[]> {
  const chain: Link[] = [];
  for (let path = lock; chain.length < 64;) {
    const content = await readLock(path);
    if (content === undefined) break;
    const digest = digestOf(content);
    chain.push({ path, content, digest });
    path = `${lock}.${digest}`;
  }
  return chain;
}

async function stillStands(chain: readonly Link[]): Promise<boolean> {
  for (const { path, content } of chain) {
    if ((await readLock(path)) !== content) return false;
  }
  return true;
}

async function isLeftBehind({ path, content }: Link): Promise<boolean> {
  const mark = parseMark(content.split('\n')[0] ?? '');
  const liveness = mark === undefined ? 'unknown' : livenessOf(mark);
  if (liveness !== 'unknown') return liveness === 'dead';
  const stat = await unless(['ENOENT'], lstat(path));
  return stat !== undefined && Date.now() - stat.mtimeMs > LOCK_ABANDONED_MS;
}

/** What is left of heirs that died on the way. The holder alone sweeps, and nobody's claim counts while it holds. */
async function sweep(lock: string): Promise<void> {
  const prefix = `${basename(lock)}.`;
  for (const name of await readdir(dirname(lock))) {
    if (name.startsWith(prefix)) await rm(join(dirname(lock), name), { force: true });
  }
}

async function writeClaim(lock: string, content: string): Promise<string> {
  const { path, file } = await openTemporary(lock, 0o600);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
  return path;
}

async function readLock(path: string): Promise<string | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // A pipe in its place would otherwise be waited for, without end and by one of the few threads for all files.
  const file = await unless(['ENOENT'], open(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0)));
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Link is atomic, and fails where the name is taken: the lock appears with its content or not at all. */
async function linkedAs(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function digestOf(content: string): string {
  return createHash('sha256').update(content, 'latin1').digest('hex').slice(0, 32);
}

async function abortable(promise: Promise<unknown>, signal: AbortSignal, lock: string): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(waitEnded(signal, lock));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function waitEnded(signal: AbortSignal, lock: string): ThemisError {
  const reason: unknown = signal.reason;
  const isTimeout = reason instanceof DOMException && reason.name === 'TimeoutError';
  return new ThemisError(isTimeout ? 'THEMIS_LOCK_BUSY' : 'THEMIS_ABORTED', lock, { cause: reason });
}
