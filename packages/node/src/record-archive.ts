import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IdentityId, MAX_RECORD_BYTES, ThemisError, type RecordKey, type SignedRecord } from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import { ensurePrivateFolder, fileError, readBounded, writeAtomically } from '@themis-mesh/storage';

/** Hears of what could not be read or written. What is in memory serves on. */
export type OnTrouble = (error: ThemisError) => void;

/** What is written waits for so long, so that what changes often is written once. Other nodes have it meanwhile. Milliseconds. */
const GATHER_MS = 1000;

/**
 * What a node keeps, on its disk: so that a network whose nodes all start anew still has it. Of instances nothing is written,
 * because they say themselves anew what they are long before a node is back.
 *
 * Nothing here is believed: what is read goes through the store as if a peer had sent it.
 */
export class RecordArchive implements AsyncDisposable {
  readonly #folder: string;
  readonly #onTrouble: OnTrouble;
  readonly #clock: Clock;
  /** What is to be written, and undefined for what is to be removed; the last word of each. */
  readonly #pending = new Map<string, Uint8Array | undefined>();
  #writing: Promise<void> | undefined;
  #callOff: (() => void) | undefined;

  private constructor(folder: string, clock: Clock, onTrouble: OnTrouble) {
    this.#folder = folder;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** @throws ThemisError for a folder that others may write to */
  static async open(folder: string, clock: Clock, onTrouble: OnTrouble): Promise<RecordArchive> {
    await ensurePrivateFolder(folder);
    return new RecordArchive(folder, clock, onTrouble);
  }

  /** Everything that is there; histories first, because the others are judged by them. */
  async read(): Promise<readonly SignedRecord[]> {
    const keys = (await readdir(this.#folder)).flatMap((name) => keyOfFile(name) ?? []);
    const rank = (key: RecordKey): number => (key.kind === 'history' ? 0 : 1);
    const records: SignedRecord[] = [];
    for (const key of keys.sort((a, b) => rank(a) - rank(b))) {
      try {
        const bytes = await readBounded(join(this.#folder, fileOfKey(key) ?? ''), MAX_RECORD_BYTES[key.kind]);
        if (bytes !== undefined) records.push({ key, bytes });
      } catch (error) {
        this.#tell(error);
      }
    }
    return records;
  }

  keep({ key, bytes }: SignedRecord): void {
    this.#change(key, bytes);
  }

  drop(key: RecordKey): void {
    this.#change(key, undefined);
  }

  /** Resolves when all is on the disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#callOff?.();
    await this.#write();
  }

  #change(key: RecordKey, bytes: Uint8Array | undefined): void {
    const name = fileOfKey(key);
    if (name === undefined) return;
    this.#pending.set(name, bytes);
    this.#callOff ??= this.#clock.after(GATHER_MS, () => void this.#write());
  }

  /** All that waits, behind what is being written. */
  #write(): Promise<void> {
    this.#callOff = undefined;
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#writeAll());
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (const [name] of this.#pending) {
      const path = join(this.#folder, name);
      const bytes = this.#pending.get(name);
      this.#pending.delete(name);
      try {
        if (bytes === undefined)
          await rm(path, { force: true }).catch((error: unknown) => Promise.reject(fileError(error, path)));
        else await writeAtomically(path, bytes);
      } catch (error) {
        this.#tell(error);
      }
    }
  }

  #tell(error: unknown): void {
    this.#onTrouble(ThemisError.is(error) ? error : new ThemisError('THEMIS_FILE_FAILED', this.#folder, { cause: error }));
  }
}

/** Names are made of IDs alone. @returns undefined for an instance */
function fileOfKey(key: RecordKey): string | undefined {
  switch (key.kind) {
    case 'instance':
      return undefined;
    case 'head':
      return `head.${key.id}.${key.by}`;
    default:
      return `${key.kind}.${key.id}`;
  }
}

function keyOfFile(name: string): RecordKey | undefined {
  const [kind, first = '', second, ...others] = name.split('.');
  const id = IdentityId.parse(first);
  if (id === undefined || others.length > 0) return undefined;
  if (kind === 'head') {
    const by = IdentityId.parse(second ?? '');
    return by === undefined ? undefined : { kind, id, by };
  }
  const isKind = kind === 'history' || kind === 'charter' || kind === 'service';
  return isKind && second === undefined ? { kind, id } : undefined;
}
