export {
  openFileDirectory,
  openMemoryDirectory,
  openShelfDirectory,
  type FileDirectoryOptions,
  type ShelfDirectoryOptions,
} from './open.ts';
export type { Shelf, ShelfChange, ShelfList, ShelfNews } from './shelf.ts';
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
export type { DirectoryAddress, OpenDirectory } from './address.ts';
export { DirectoryReader, type Read, type ReaderOptions } from './reader.ts';
export type { RecordFloors } from './record-floors.ts';
export { MAX_INSTANCES } from './embedded-directory.ts';
export { isLasting, lastEvent, RecordVerifier, type RecordJudge } from './record-verifier.ts';
export { appOf, decideStore, proofOf, type StoreDecision, type StoreSituation } from './store-rules.ts';
