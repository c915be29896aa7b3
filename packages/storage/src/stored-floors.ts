import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compareSequences,
  IdentityId,
  MAX_RECORD_BYTES,
  shape,
  toBase64url,
  type RecordKey,
  type Sequence,
  type SignedRecord,
  type ThemisError,
  type VerifiedRecord,
} from '@themis-mesh/core';
import { writeAtomically } from './atomic-file.ts';
import { fileError, unless } from './file-errors.ts';
import { withLock } from './lock.ts';
import { ensurePrivateFolder } from './private-file.ts';
import { malformed, readState, stateBytes, type StateKind } from './state-file.ts';

/** Kinds that last longer than a process. Instances end within a minute, and heads within a day. */
export type FloorKind = 'history' | 'charter' | 'service';

export interface StoredFloorsOptions {
  /** Those that nobody else remembers. Default: all. */
  readonly kinds?: readonly FloorKind[];
  /** How many are kept on disk; past that the one that was written longest ago goes. Default 4096. */
  readonly most?: number;
  /** Hears of what could not be written down: it holds in this process, and is written with the next flush. */
  readonly onTrouble?: (error: ThemisError) => void;
}

interface Floor {
  readonly key: RecordKey & { readonly kind: FloorKind };
  readonly sequence: Sequence;
  readonly bytes: Uint8Array;
}

interface Body {
  readonly v: 1;
  readonly kind: FloorKind;
  readonly id: IdentityId;
  readonly sequence: readonly number[];
  readonly record: Uint8Array;
}

const KINDS: readonly FloorKind[] = ['history', 'charter', 'service'];
const MOST_BYTES = Math.max(...KINDS.map((kind) => MAX_RECORD_BYTES[kind]));

const FILE: StateKind<Body> = {
  secret: false,
  maxBytes: Math.ceil(MOST_BYTES / 3) * 4 + 4096,
  shape: shape.object<Body>({
    v: shape.literal(1),
    kind: shape.oneOf('history', 'charter', 'service'),
    id: IdentityId.shape,
    sequence: shape.array(shape.integer(0, Number.MAX_SAFE_INTEGER), { min: 2, max: 2 }),
    record: shape.base64url(0, MOST_BYTES),
  }),
};

/**
 * The newest record seen under a key, in `<folder>/<kind>-<id>.json`: so that a reader which is started again believes nothing
 * older. Each is read when it is first asked for. Processes that share the folder come to the newest that any of them has seen.
 *
 * What is there is believed no more than any other record: whoever reads it verifies it.
 */
export class StoredFloors implements AsyncDisposable {
  readonly #folder: string;
  readonly #kinds: ReadonlySet<FloorKind>;
  readonly #most: number;
  readonly #onTrouble: (error: ThemisError) => void;
  readonly #floors = new Map<string, Floor>();
  readonly #unwritten = new Set<string>();
  readonly #failed = new Map<string, ThemisError>();
  #writing: Promise<void> | undefined;

  /** @param folder made with the first floor that is written */
  constructor(folder: string, { kinds = KINDS, most = 4096, onTrouble = () => undefined }: StoredFloorsOptions = {}) {
    this.#folder = folder;
    this.#kinds = new Set(kinds);
    this.#most = most;
    this.#onTrouble = onTrouble;
  }

  /**
   * @returns undefined where none was seen, or none of that kind is kept
   * @throws ThemisError THEMIS_FILE_MALFORMED for a damaged file: to forget in silence is what an attacker wants
   */
  async load(key: RecordKey): Promise<SignedRecord | undefined> {
    if (!this.#isKept(key)) return undefined;
    const name = nameOf(key);
    const held = this.#floors.get(name) ?? (await this.#read(key));
    if (held === undefined) return undefined;
    this.#hold(name, held);
    return { key, bytes: this.#floors.get(name)?.bytes ?? held.bytes };
  }

  /** Takes effect at once, unless something as new is held; writing it down follows. */
  raise({ key, bytes, sequence }: VerifiedRecord): void {
    if (!this.#isKept(key)) return;
    const name = nameOf(key);
    if (!this.#hold(name, { key, sequence, bytes: Uint8Array.from(bytes) })) return;
    this.#unwritten.add(name);
    this.#writing ??= this.#writeAll();
  }

  /** @throws ThemisError where something could still not be written */
  async flush(): Promise<void> {
    for (const name of this.#failed.keys()) this.#unwritten.add(name);
    this.#failed.clear();
    await (this.#writing ??= this.#writeAll());
    for (const error of this.#failed.values()) throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }

  #isKept(key: RecordKey): key is Floor['key'] {
    return (key.kind === 'history' || key.kind === 'charter' || key.kind === 'service') && this.#kinds.has(key.kind);
  }

  /** @returns whether it is newer than what was held */
  #hold(name: string, floor: Floor): boolean {
    const held = this.#floors.get(name);
    if (held !== undefined && compareSequences(floor.sequence, held.sequence) <= 0) return false;
    this.#floors.set(name, floor);
    return true;
  }

  async #read(key: Floor['key']): Promise<Floor | undefined> {
    const path = this.#pathOf(nameOf(key));
    const body = await readState(path, FILE);
    if (body === undefined) return undefined;
    const { kind, id, record, sequence } = body;
    const [major = 0, minor = 0] = sequence;
    if (kind !== key.kind || id !== key.id) throw malformed(path, 'its name is not that of its content');
    return { key, bytes: record, sequence: [major, minor] };
  }

  async #writeAll(): Promise<void> {
    // A turn later, so that what is seen in one go is written in one go.
    await Promise.resolve();
    for (const [name] of this.#unwritten.entries()) {
      this.#unwritten.delete(name);
      try {
        await ensurePrivateFolder(this.#folder);
        await withLock(this.#pathOf(name), () => this.#merge(name));
      } catch (error) {
        const trouble = fileError(error, this.#pathOf(name));
        this.#failed.set(name, trouble);
        queueMicrotask(() => this.#onTrouble(trouble));
      }
    }
    this.#writing = undefined;
  }

  async #merge(name: string): Promise<void> {
    const held = this.#floors.get(name);
    if (held === undefined) return;
    const { key } = held;
    const written = await this.#read(key);
    if (written !== undefined && !this.#isBehind(name, written)) return;
    if (written === undefined) await this.#makeRoom();
    const newest = this.#floors.get(name) ?? held;
    const { sequence, bytes } = newest;
    const body = { v: 1, kind: key.kind, id: key.id, sequence: [...sequence], record: toBase64url(bytes) };
    await writeAtomically(this.#pathOf(name), stateBytes(body));
  }

  /** Whether what was written is older than what is held; another process's newer one is taken over. */
  #isBehind(name: string, written: Floor): boolean {
    const held = this.#floors.get(name);
    if (held !== undefined && compareSequences(held.sequence, written.sequence) > 0) return true;
    this.#hold(name, written);
    return false;
  }

  async #makeRoom(): Promise<void> {
    const names = ((await unless(['ENOENT'], readdir(this.#folder))) ?? []).filter((name) =>
      /^[a-z]+-[a-z2-7]+\.json$/.test(name),
    );
    if (names.length < this.#most) return;
    const written = await Promise.all(
      names.map(async (name) => ({ name, at: (await unless(['ENOENT'], stat(join(this.#folder, name))))?.mtimeMs ?? 0 })),
    );
    const oldest = written.sort((a, b) => a.at - b.at).slice(0, names.length - this.#most + 1);
    for (const { name } of oldest) await rm(join(this.#folder, name), { force: true });
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}

/** IDs are base32, so that nothing in a path is taken from input as it is. */
function nameOf({ kind, id }: RecordKey): string {
  return `${kind}-${id}`;
}
