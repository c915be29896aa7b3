import type { History, IdentityId, RecordKey, VerifiedRecord } from '@themis-mesh/core';
import type { ForkProof } from '@themis-mesh/storage';
import type { NodeLimits } from '../constants.ts';
import type { PlacedContact } from '../contact.ts';
import type { KadClock } from '../kad-clock.ts';
import type { Answer } from '../messages/answer.ts';
import type { Sender } from '../messages/request.ts';
import type { KadNetwork } from '../network.ts';
import type { NodeRoster } from '../roster.ts';

export interface KadNodeOptions {
  /** Who runs it: the identity that its channels prove. */
  readonly identity: IdentityId;
  /** Which of its identity's nodes it is, and where others reach it. Undefined: it asks others, and keeps nothing. */
  readonly self?: Sender | undefined;
  readonly roster: NodeRoster;
  readonly network: KadNetwork;
  readonly clock: KadClock;
  /** A number from 0 to below 1; nobody gains from foreseeing it. */
  readonly chance: () => number;
  /** The app whose records are kept. Undefined: of any. */
  readonly app?: IdentityId | undefined;
  readonly limits?: Partial<NodeLimits> | undefined;
  /** Histories known from elsewhere, such as the channel. */
  readonly remembered?: ((id: IdentityId) => History | undefined) | undefined;
  readonly onFork?: ((proof: ForkProof) => void) | undefined;
  /** Hears of each record that is new here, and of each that is no more: to keep them elsewhere, too. */
  readonly onChange?: ((record: VerifiedRecord) => void) | undefined;
  readonly onDrop?: ((key: RecordKey) => void) | undefined;
}

/** What a node says of itself. */
export interface KadStatus {
  /** Whether it keeps records, or only asks. */
  readonly isNode: boolean;
  /** Whether it knows others, or has nobody to know. */
  readonly isSettled: boolean;
  readonly neighbours: readonly PlacedContact[];
  readonly records: number;
  readonly bytes: number;
  readonly watches: number;
}

/** What a watch of another says first, and how to end it. */
export interface ServedWatch {
  readonly answer: Answer;
  /** Undefined where the watch was refused. */
  readonly stop?: (() => void) | undefined;
}
