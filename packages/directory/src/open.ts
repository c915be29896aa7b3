import { keepForkProof } from '@themis-mesh/storage';
import { EmbeddedDirectory, type EmbeddedOptions } from './embedded-directory.ts';
import { FileShelf } from './file-shelf.ts';
import { MemoryShelf } from './memory-shelf.ts';
import type { Directory } from './port.ts';

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

/** A directory in files, for the processes of one machine. Each of them opens it for itself. */
export function openFileDirectory(options: FileDirectoryOptions): Directory {
  const { folder, alarms, rescanMs = RESCAN_MS, onFork = () => {} } = options;
  return new EmbeddedDirectory(new FileShelf(folder, rescanMs), {
    ...options,
    async onFork(proof) {
      await onFork(proof);
      await keepForkProof(alarms, proof);
    },
  });
}
