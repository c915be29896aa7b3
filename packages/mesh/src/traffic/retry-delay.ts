/** How long is waited between two tries. */
export interface BackOffRules {
  /** Before the first retry, at the most. Milliseconds. It doubles with each. */
  readonly baseMs: number;
  /** Before any retry, at the most. Milliseconds. */
  readonly maxMs: number;
}

export const DEFAULT_BACK_OFF: BackOffRules = { baseMs: 10, maxMs: 250 };

/**
 * Any time up to a limit that doubles: callers that failed together do not come back together.
 *
 * @param retry counted from 1. @param chance random, 0 to below 1
 */
export function retryDelay(retry: number, chance: number, { baseMs, maxMs }: BackOffRules): number {
  return Math.min(maxMs, baseMs * 2 ** (retry - 1)) * chance;
}
