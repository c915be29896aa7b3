export type {
  CallOptions,
  Directory,
  FindAnswer,
  Freshness,
  InstancesAnswer,
  StoreAnswer,
  Subject,
  Unavailable,
} from './port.ts';
export { DirectoryReader, type Read, type ReaderOptions } from './reader.ts';
