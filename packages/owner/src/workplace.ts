import type { Home, Sealing } from '@themis-mesh/storage';
import type { Directory } from '@themis-mesh/directory';

/** Where and when something is done: the home with its keys, the directory that hears of it, and the time. */
export interface Workplace {
  readonly home: Home;
  readonly directory: Directory;
  /** The passphrase of the keys in the home, where they are sealed. */
  readonly sealing?: Sealing;
  /** Seconds since 1970. */
  readonly now: number;
}
