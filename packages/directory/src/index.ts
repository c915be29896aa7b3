export { openFileDirectory, openMemoryDirectory, type FileDirectoryOptions } from './open.ts';
export type { EmbeddedOptions } from './embedded-directory.ts';
export {
  SOLE,
  type CallOptions,
  type Directory,
  type FindAnswer,
  type InstancesAnswer,
  type Sample,
  type StoreAnswer,
  type Unavailable,
  type Watched,
} from './port.ts';
export { DirectoryReader, type Read, type ReaderOptions } from './reader.ts';
export type { RecordFloors } from './record-floors.ts';
export { MAX_INSTANCES } from './embedded-directory.ts';
export { RecordVerifier } from './record-verifier.ts';
export { appOf } from './store-rules.ts';
