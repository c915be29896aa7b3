import type { RecordKind } from '@themis-mesh/core';
import type { Clock } from '../clock.ts';
import type { Rate } from './budget.ts';

export interface DirectoryHandlerOptions {
  /**
   * Kinds of records that are taken from anybody, also from callers that no channel has proved: each record is verified anyway,
   * and what is at stake is room. Default: none, so that members alone store.
   */
  readonly openKinds?: readonly RecordKind[];
  readonly limits?: Partial<HandlerLimits>;
  /** Ends what waits, when the node stops. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface HandlerLimits {
  /** What one caller may ask; all callers that no channel has proved count as one. */
  readonly perCaller: Rate;
  /** How many watches of one caller wait at a time. */
  readonly watchersPerCaller: number;
  /** How many watches wait at a time in all. */
  readonly watchers: number;
}

export const HANDLER_LIMITS: HandlerLimits = {
  perCaller: { perSecond: 500, burst: 2000 },
  watchersPerCaller: 256,
  watchers: 16_384,
};
