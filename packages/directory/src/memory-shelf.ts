import { showRecordKey, type IdentityId, type RecordKey, type SignedRecord } from '@themis-mesh/core';
import { Latch } from './latch.ts';
import type { Watched } from './port.ts';
import type { Shelf, ShelfChange, ShelfList } from './shelf.ts';

/** Keeps bytes in this process: copies, because others hold what they gave and got. */
export class MemoryShelf implements Shelf {
  readonly #records = new Map<string, SignedRecord>();
  readonly #watchers = new Set<Latch>();

  read(key: RecordKey): Promise<Uint8Array | undefined> {
    const held = this.#records.get(showRecordKey(key));
    return Promise.resolve(held === undefined ? undefined : Uint8Array.from(held.bytes));
  }

  list(service: IdentityId): Promise<ShelfList> {
    const own = [...this.#records.values()].filter(({ key }) => key.kind === 'instance' && key.id === service);
    return Promise.resolve({ records: own.map(({ key, bytes }) => ({ key, bytes: Uint8Array.from(bytes) })), unreadable: 0 });
  }

  change(key: RecordKey, decide: (held: Uint8Array | undefined) => ShelfChange): Promise<void> {
    const name = showRecordKey(key);
    const change = decide(this.#records.get(name)?.bytes);
    if (change === 'keep') return Promise.resolve();
    if (change === 'remove') this.#records.delete(name);
    else this.#records.set(name, { key, bytes: Uint8Array.from(change) });
    for (const watcher of this.#watchers) watcher.raise();
    return Promise.resolve();
  }

  async *changes(_wanted: Watched, signal: AbortSignal): AsyncGenerator<void, void, void> {
    const latch = new Latch();
    const end = (): void => latch.end();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) latch.end();
    this.#watchers.add(latch);
    latch.raise();
    try {
      while (await latch.wait()) yield;
    } finally {
      this.#watchers.delete(latch);
      signal.removeEventListener('abort', end);
    }
  }
}
