import type { IdentityId } from '@themis-mesh/core';
import type { Directory } from './port.ts';

/** A directory that is no folder of this machine, and for whom it is opened. */
export interface DirectoryAddress {
  /** Such as `nats://host:4222`. */
  readonly address: string;
  readonly app: IdentityId;
  /** The folder where proofs of forks are kept, made with the first of them. */
  readonly alarms: string;
  /** Seconds since 1970. */
  readonly now: () => number;
}

export type OpenDirectory = (address: DirectoryAddress) => Promise<Directory>;
