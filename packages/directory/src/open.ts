import { keepForkProof } from '@themis-mesh/storage';
import { EmbeddedDirectory, type EmbeddedOptions } from './embedded-directory.ts';
import { FileShelf } from './file-shelf.ts';
import { MemoryShelf } from './memory-shelf.ts';
import type { Directory } from './port.ts';
import type { Shelf } from './shelf.ts';

export interface ShelfDirectoryOptions extends EmbeddedOptions {
  /** The folder where proofs of forks are kept, made with the first of them. Default: none is kept. */
  readonly alarms?: string | undefined;
}

export interface FileDirectoryOptions extends EmbeddedOptions {
  /** Made where it is missing, for this user alone. */
  readonly folder: string;
  /** Where proofs of forks are kept. Made with the first of them. */
  readonly alarms: string;
  /** How often a watcher looks without having been told. Milliseconds; default 5000. */
  readonly rescanMs?: number;
}

const RESCAN_MS = 5000;

/** A directory in this process alone, for tests and for services that all run in one. */
export function openMemoryDirectory(options: EmbeddedOptions = {}): Directory {
  return new EmbeddedDirectory(new MemoryShelf(), options);
}

/** A directory on any place that keeps bytes, with the rules that all have. It closes the shelf with itself. */
export function openShelfDirectory(shelf: Shelf, options: ShelfDirectoryOptions = {}): Directory {
  return new EmbeddedDirectory(shelf, keepingProofs(options));
}

/** A directory in files, for the processes of one machine. Each of them opens it for itself. */
export function openFileDirectory(options: FileDirectoryOptions): Directory {
  const { folder, rescanMs = RESCAN_MS } = options;
  return openShelfDirectory(new FileShelf(folder, rescanMs), options);
}

function keepingProofs({ alarms, ...options }: ShelfDirectoryOptions): EmbeddedOptions {
  if (alarms === undefined) return options;
  return {
    ...options,
    async onFork(proof) {
      await options.onFork?.(proof);
      await keepForkProof(alarms, proof);
    },
  };
}
