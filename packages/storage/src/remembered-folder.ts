import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  accept,
  IdentityId,
  refuse,
  ThemisError,
  type Json,
  type RefusalCode,
  type HistoryComparison,
  type Verdict,
} from '@themis-mesh/core';
import { writeAtomically } from './atomic-file.ts';
import { fileError } from './file-errors.ts';
import { keepForkProof, type ForkKind } from './fork-proofs.ts';
import { withLock } from './lock.ts';
import { ensurePrivateFolder } from './private-file.ts';
import { malformed, stateBytes } from './state-file.ts';

/** What is remembered of identities, one value each, and how a value stands to the one remembered. */
export interface RememberedKind<T> {
  readonly kind: ForkKind;
  readonly forked: RefusalCode;
  idOf(value: T): IdentityId;
  compare(remembered: T, presented: T): HistoryComparison;
  wire(value: T): Uint8Array;
  body(value: T): { readonly [name: string]: Json };
  /** @returns undefined where there is no such file */
  read(path: string): Promise<T | undefined>;
}

export interface RememberedOptions {
  /** Where proofs of forks are kept. */
  readonly alarms: string;
  /**
   * Hears of a fork, and of what could not be written down: it stays remembered in this process, and is written with the
   * next call of {@link RememberedFolder.flush}.
   */
  readonly onTrouble?: (error: ThemisError) => void;
}

/** How many files are read at a time. */
const MOST_AT_A_TIME = 8;

/** How many forks wait to be written down as proof: a thief makes new ones faster than a disk takes them, and few prove it. */
const MOST_WAITING = 64;

/**
 * A memory that only goes forward: of each identity the furthest value seen. Taking effect is immediate, in this process;
 * writing it down follows. Processes that share the folder come to the furthest that any of them has seen. Where two values
 * contradict each other, the one that was written first stays, and both are kept as proof.
 */
export class RememberedFolder<T> {
  readonly #folder: string;
  readonly #kind: RememberedKind<T>;
  readonly #options: RememberedOptions;
  readonly #values: Map<IdentityId, T>;
  readonly #unwritten = new Set<IdentityId>();
  readonly #failed = new Map<IdentityId, ThemisError>();
  readonly #forks: { readonly first: T; readonly other: T }[] = [];
  #writing: Promise<void> | undefined;

  protected constructor(folder: string, kind: RememberedKind<T>, options: RememberedOptions, values: Map<IdentityId, T>) {
    this.#folder = folder;
    this.#kind = kind;
    this.#options = options;
    this.#values = values;
  }

  /** Everything that the folder holds, verified. A damaged file is an error: to forget in silence is what an attacker wants. */
  protected static async load<T>(folder: string, kind: RememberedKind<T>): Promise<Map<IdentityId, T>> {
    await ensurePrivateFolder(folder);
    const values = new Map<IdentityId, T>();
    const readNext = async (ids: Iterable<IdentityId>): Promise<void> => {
      for (const id of ids) {
        const path = pathOf(folder, id);
        const value = await kind.read(path);
        if (value === undefined) continue;
        if (kind.idOf(value) !== id) throw malformed(path, 'its name is not that of its content');
        values.set(id, value);
      }
    };
    // Each takes the next one from the same list.
    const ids = (await listIds(folder)).values();
    await Promise.all(Array.from({ length: MOST_AT_A_TIME }, () => readNext(ids)));
    return values;
  }

  get(id: IdentityId): T | undefined {
    return this.#values.get(id);
  }

  /** Takes effect at once, unless something further, or something that it contradicts, is remembered. */
  remember(value: T): void {
    const id = this.#kind.idOf(value);
    const held = this.#values.get(id);
    const standing = held === undefined ? 'extends' : this.#kind.compare(held, value);
    if (standing === 'extends') {
      this.#values.set(id, value);
      this.#unwritten.add(id);
    }
    if (standing === 'forks' && held !== undefined && this.#forks.length < MOST_WAITING) {
      this.#forks.push({ first: held, other: value });
    }
    if (standing === 'extends' || standing === 'forks') this.#writing ??= this.#writeAll();
  }

  /** {@link remember}, and written down. @returns the furthest, or why the value is not believed */
  async keep(value: T): Promise<Verdict<T>> {
    this.remember(value);
    await this.flush();
    const id = this.#kind.idOf(value);
    const held = this.#values.get(id) ?? value;
    return this.#kind.compare(held, value) === 'forks' ? refuse(this.#kind.forked, id) : accept(held);
  }

  /** @throws ThemisError where something could still not be written */
  async flush(): Promise<void> {
    for (const id of this.#failed.keys()) this.#unwritten.add(id);
    this.#failed.clear();
    await (this.#writing ??= this.#writeAll());
    for (const error of this.#failed.values()) throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }

  async #writeAll(): Promise<void> {
    // A turn later, so that what is remembered in one go is written in one go.
    await Promise.resolve();
    for (;;) {
      const fork = this.#forks.shift();
      const [id] = this.#unwritten;
      if (fork !== undefined) await this.#keepProof(fork.first, fork.other);
      else if (id !== undefined) await this.#write(id);
      else break;
    }
    this.#writing = undefined;
  }

  async #write(id: IdentityId): Promise<void> {
    this.#unwritten.delete(id);
    try {
      await withLock(pathOf(this.#folder, id), () => this.#merge(id));
    } catch (error) {
      const trouble = fileError(error, pathOf(this.#folder, id));
      this.#failed.set(id, trouble);
      this.#tell(trouble);
    }
  }

  async #merge(id: IdentityId): Promise<void> {
    const path = pathOf(this.#folder, id);
    const written = await this.#kind.read(path);
    // Read after the file, so that nothing remembered meanwhile is overlooked.
    const held = this.#values.get(id);
    if (held === undefined) return;
    switch (written === undefined ? 'extends' : this.#kind.compare(written, held)) {
      case 'extends':
        await writeAtomically(path, stateBytes(this.#kind.body(held)));
        return;
      case 'precedes':
        if (written !== undefined) this.#values.set(id, written);
        return;
      case 'forks':
        if (written !== undefined) {
          this.#values.set(id, written);
          this.#forks.push({ first: written, other: held });
        }
        return;
      case 'same':
        return;
    }
  }

  async #keepProof(first: T, other: T): Promise<void> {
    const { kind, forked } = this.#kind;
    const id = this.#kind.idOf(first);
    const { alarms } = this.#options;
    try {
      await keepForkProof(alarms, { kind, id, first: this.#kind.wire(first), other: this.#kind.wire(other) });
      const refusal = { code: forked, detail: id };
      this.#tell(new ThemisError('THEMIS_HISTORY_FORKED', `${kind} of ${id}`, { refusal }));
    } catch (error) {
      this.#tell(fileError(error, alarms));
    }
  }

  /** A listener that throws is its owner's error, and must not stop the writing. */
  #tell(error: ThemisError): void {
    const { onTrouble } = this.#options;
    if (onTrouble !== undefined) queueMicrotask(() => onTrouble(error));
  }
}

function pathOf(folder: string, id: IdentityId): string {
  return join(folder, `${id}.json`);
}

async function listIds(folder: string): Promise<readonly IdentityId[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -5))
      .filter((name) => IdentityId.is(name));
  } catch (error) {
    throw fileError(error, folder);
  }
}
