import type { TargetName } from '@themis-mesh/core';
import type { Protocol } from '@themis-mesh/channel';
import type { Attempt } from '../traffic/attempt.ts';
import type { CallTerms } from '../traffic/terms.ts';
import type { Target } from './target.ts';

/** An instance that is sought. */
export interface Sought {
  readonly service: TargetName;
  readonly protocol: Protocol;
  readonly signal?: AbortSignal | undefined;
  readonly terms?: CallTerms | undefined;
}

/** Something to do at an instance of a service. */
export interface Errand<T> extends Sought {
  /** Resolves with the head of the answer. Its latency is measured from here to there. */
  readonly run: (target: Target, attempt: Attempt) => Promise<T>;
  /** Where it may be run again after a failure: nothing of it was sent, or twice does no harm. */
  readonly again: (error: unknown, target: Target) => Again;
  /** Has `done` called when what was begun is over: until then it counts as under way. */
  readonly whenOver: (value: T, done: () => void) => void;
  /** Whether it does no harm to run it twice, and whether that can be done. Default false. */
  readonly isRepeatable?: boolean;
  /** Whether nothing of the last run was taken, so that it may be run again in any case. Default: what its failure says. */
  readonly isUnsent?: () => boolean;
  /** Of an answer by HTTP. Default: every answer is a good one. */
  readonly statusOf?: (value: T) => number;
  /** Lets go of an answer that nobody will read. */
  readonly discard?: (value: T) => void;
  /** The same errand, to be run beside this one. */
  readonly twin?: () => Errand<T>;
}

/** `anywhere`: at the same instance too. */
export type Again = 'nowhere' | 'elsewhere' | 'anywhere';
