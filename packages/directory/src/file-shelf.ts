import { readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  MAX_RECORD_BYTES,
  ThemisError,
  type ErrorCode,
  type IdentityId,
  type RecordKey,
  type SignedRecord,
} from '@themis-mesh/core';
import { ensurePrivateFolder, fileError, LOCK_WAIT_MS, readBounded, withLock, writeAtomically } from '@themis-mesh/storage';
import { folderChanges } from './folder-changes.ts';
import type { CallOptions, Watched } from './port.ts';
import { fileOf, instanceOfFile, instancesFolder, placeOf } from './record-files.ts';
import type { Shelf, ShelfChange, ShelfList } from './shelf.ts';

/** What lies in the place of a record and can be none: it is replaced by the next one. */
const NO_RECORD: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['THEMIS_FILE_TOO_LARGE', 'THEMIS_FILE_NOT_REGULAR']);

/** Keeps bytes in files, for the processes of one machine: each record a file, replaced as a whole under a lock of its own. */
export class FileShelf implements Shelf {
  readonly #root: string;
  readonly #rescanMs: number;

  constructor(root: string, rescanMs: number) {
    this.#root = root;
    this.#rescanMs = rescanMs;
  }

  read(key: RecordKey): Promise<Uint8Array | undefined> {
    return readBounded(fileOf(this.#root, key), MAX_RECORD_BYTES[key.kind]);
  }

  async list(service: IdentityId): Promise<ShelfList> {
    const names = await namesIn(instancesFolder(this.#root, service));
    const records: SignedRecord[] = [];
    let unreadable = 0;
    for (const name of names) {
      const instance = instanceOfFile(name);
      if (instance === undefined) continue;
      const key = { kind: 'instance', id: service, instance } as const;
      const bytes = await this.read(key).catch(() => 'unreadable' as const);
      if (bytes === 'unreadable') unreadable += 1;
      else if (bytes !== undefined) records.push({ key, bytes });
    }
    return { records, unreadable };
  }

  async change(key: RecordKey, decide: (held: Uint8Array | undefined) => ShelfChange, options: CallOptions = {}): Promise<void> {
    const path = fileOf(this.#root, key);
    await ensurePrivateFolder(this.#root);
    await ensurePrivateFolder(dirname(path));
    const patience = AbortSignal.timeout(LOCK_WAIT_MS);
    const signal = options.signal === undefined ? patience : AbortSignal.any([options.signal, patience]);
    await withLock(path, () => this.#changeUnderLock(key, path, decide), { signal });
  }

  async #changeUnderLock(key: RecordKey, path: string, decide: (held: Uint8Array | undefined) => ShelfChange): Promise<void> {
    const change = decide(await this.#readHeld(key));
    if (change === 'keep') return;
    if (change === 'remove') await rm(path, { force: true }).catch((error: unknown) => Promise.reject(fileError(error, path)));
    else await writeAtomically(path, change);
  }

  async #readHeld(key: RecordKey): Promise<Uint8Array | undefined> {
    try {
      return await this.read(key);
    } catch (error) {
      if (ThemisError.is(error) && NO_RECORD.has(error.code)) return undefined;
      throw error;
    }
  }

  changes(wanted: Watched, signal: AbortSignal): AsyncIterable<void> {
    return folderChanges({ ...placeOf(this.#root, wanted), ensure: ensurePrivateFolder, rescanMs: this.#rescanMs, signal });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const failure = fileError(error, folder);
    if (failure.code === 'THEMIS_FILE_MISSING') return [];
    throw failure;
  }
}
