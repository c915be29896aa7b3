import { showRecordKey, ThemisError, type RecordKey, type VerifiedRecord } from '@themis-mesh/core';
import { isLastingKind, type Shelf } from '@themis-mesh/directory';
import type { KadNode } from '../node/kad-node.ts';

/** What lies on the shelf next under a key. */
type Next = Uint8Array | 'remove';

/**
 * Keeps what a node keeps over its restart: charters, histories and what services say of themselves, lest all nodes that start
 * anew at once forget who belongs to the app. What ends within a minute is not worth a disk.
 *
 * The node answers from memory, and writes behind: a record that was lost with a machine is held by others.
 */
export class Archive {
  readonly #shelf: Shelf;
  readonly #onError: (error: ThemisError) => void;
  /** What is still to be written under each key; what is being written is not in it. */
  readonly #waiting = new Map<string, { readonly key: RecordKey; readonly next: Next }>();
  #writing: Promise<void> | undefined;
  /** What comes from the shelf need not be written to it. */
  #isRestoring = false;

  /** @param onError hears of what could not be written or read. Nothing else comes of it */
  constructor(shelf: Shelf, onError: (error: ThemisError) => void = () => {}) {
    this.#shelf = shelf;
    this.#onError = onError;
  }

  /** For `onChange` of a node. */
  keep({ key, bytes }: VerifiedRecord): void {
    this.#write(key, bytes);
  }

  /** For `onDrop` of a node. */
  drop(key: RecordKey): void {
    this.#write(key, 'remove');
  }

  /** Gives a node what lies on the shelf; it verifies all of it. @returns how many records it took */
  async restore(node: KadNode): Promise<number> {
    try {
      const { records } = await this.#shelf.lasting();
      this.#isRestoring = true;
      return node.restore(records);
    } catch (error) {
      this.#failed(error);
      return 0;
    } finally {
      this.#isRestoring = false;
    }
  }

  /** When all that was said so far has been written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #write(key: RecordKey, next: Next): void {
    if (this.#isRestoring || !isLastingKind(key.kind)) return;
    this.#waiting.set(showRecordKey(key), { key, next });
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // What comes in one turn of the event loop is written as its last.
    await Promise.resolve();
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      const [name, { key, next }] = first;
      this.#waiting.delete(name);
      try {
        await this.#shelf.change(key, () => next);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#writing = undefined;
  }

  #failed(error: unknown): void {
    if (!ThemisError.is(error)) throw error;
    this.#onError(error);
  }
}
