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
