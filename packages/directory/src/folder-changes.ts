import type { FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Latch } from './latch.ts';

// An import would load all that `node:fs` has, its promises and streams too, which a start need not wait for.
const { watch } = process.getBuiltinModule('node:fs');

export interface FolderChangesOptions {
  readonly folder: string;
  /** Makes the folder where it is missing. */
  readonly ensure: (folder: string) => Promise<void>;
  readonly isTheirs: (name: string) => boolean;
  /** How often to look without having been told. */
  readonly rescanMs: number;
  readonly signal: AbortSignal;
}

/**
 * Comes once, and then whenever files of a folder may have changed.
 *
 * What the system tells is only a hint: events come late, several as one, or not at all (on network file systems, where
 * there are more watchers than the system allows, after the folder was replaced). So the folder is looked at every `rescanMs` as
 * well: it comes where files were made, replaced or removed since, and the watcher is armed again where it is of no use any more.
 */
export async function* folderChanges(options: FolderChangesOptions): AsyncGenerator<void, void, void> {
  const { folder, ensure, isTheirs, rescanMs, signal } = options;
  const latch = new Latch();
  const end = (): void => latch.end();
  const watcher = new FolderWatcher(folder, (name) => {
    if (name === null || isTheirs(name)) latch.raise();
  });
  const rescan = setInterval(() => {
    void watcher
      .isUpToDate()
      .then(async (isUpToDate) => {
        if (isUpToDate) return;
        await ensure(folder).then(() => watcher.arm());
        latch.raise();
      })
      .catch(() => latch.raise());
  }, rescanMs);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) latch.end();
  try {
    // Armed before the first look, so that no change falls between the two.
    await ensure(folder)
      .then(() => watcher.arm())
      .catch(() => {});
    latch.raise();
    while (await latch.wait()) yield;
  } finally {
    clearInterval(rescan);
    signal.removeEventListener('abort', end);
    watcher.close();
  }
}

/** The coarsest clock of a file system's that is known has ticks of 2 s (FAT). Milliseconds. */
const SETTLED_MS = 2000;

/** Watches a folder, also when another one has taken its place. */
class FolderWatcher {
  readonly #folder: string;
  readonly #onChange: (name: string | null) => void;
  #watcher: FSWatcher | undefined;
  #inode: bigint | undefined;
  /** When the folder was changed last, as far as was seen. Nanoseconds since 1970. */
  #changedAt: bigint | undefined;
  #closed = false;

  constructor(folder: string, onChange: (name: string | null) => void) {
    this.#folder = folder;
    this.#onChange = onChange;
  }

  /**
   * Whether it watches the folder, in which nothing was made, replaced or removed since this was asked before. It costs one
   * question to the system, and nothing where many folders are quiet.
   */
  async isUpToDate(): Promise<boolean> {
    const { ino, mtimeNs } = await stat(this.#folder, { bigint: true });
    const before = this.#changedAt;
    // Of a change in the same tick of the file system's clock the next one could not be told.
    const isSettled = BigInt(Date.now() - SETTLED_MS) * 1_000_000n > mtimeNs;
    this.#changedAt = isSettled ? mtimeNs : undefined;
    return this.#watcher !== undefined && this.#inode === ino && before === mtimeNs;
  }

  /** Does nothing where the folder is watched already. */
  async arm(): Promise<void> {
    const { ino } = await stat(this.#folder, { bigint: true });
    if (this.#closed || (this.#watcher !== undefined && this.#inode === ino)) return;
    this.#disarm();
    this.#watcher = watch(this.#folder, (_event, name) => this.#onChange(name));
    this.#watcher.on('error', () => this.#disarm());
    this.#inode = ino;
  }

  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #disarm(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
