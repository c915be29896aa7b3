import type { Refusal, SignedRecord } from '@themis-mesh/core';
import type { Contact } from '../contact.ts';

/** What a node says to a {@link Request}. Whoever reads it believes none of it without proof. */
export type Answer = NodesAnswer | RecordsAnswer | StoredAnswer | RefusedAnswer;

interface Answered {
  /** Which of its identity's nodes has answered. */
  readonly index: number;
  /** Nodes nearer to what was asked about; at most {@link MAX_CONTACTS}. */
  readonly closer: readonly Contact[];
}

/** To PING and FIND. */
export interface NodesAnswer extends Answered {
  readonly kind: 'nodes';
}

/** To GET and WATCH. */
export interface RecordsAnswer extends Answered {
  readonly kind: 'records';
  /** What the node keeps of what was asked for; of many instances a sample. */
  readonly records: readonly SignedRecord[];
  /** How many it keeps of that. */
  readonly total: number;
  /** The signer's history, where it goes further than the asker knows. */
  readonly history?: Uint8Array | undefined;
}

/** To STORE: the node keeps the record. */
export interface StoredAnswer extends Answered {
  readonly kind: 'stored';
  /** Whether it did so before. */
  readonly unchanged: boolean;
}

/** To anything. */
export interface RefusedAnswer extends Answered {
  readonly kind: 'refused';
  readonly refusal: Refusal;
  /** To STORE: the record that is kept instead, newer or contradicting. */
  readonly held?: Uint8Array | undefined;
}

/** The most contacts in one answer. */
export const MAX_CONTACTS = 16;
