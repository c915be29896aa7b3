import type { ErrorCode, Limits } from '@themis-mesh/core';
import { RateLimiter } from './rate-limiter.ts';

/** A request that is turned away before anybody looks at it, and what its caller is told. */
export interface TurnedAway {
  readonly code: Extract<ErrorCode, 'THEMIS_OVERLOADED' | 'THEMIS_RATE_LIMITED' | 'THEMIS_DEADLINE_PASSED'>;
  /** The status that says so in HTTP (RFC 6585 section 4, RFC 9110 section 15.6). */
  readonly status: 429 | 503 | 504;
  /** When to come again (RFC 9110 section 10.2.3). Whole seconds; undefined where that makes no difference. */
  readonly retryAfter: number | undefined;
}

const OVERLOADED: TurnedAway = { code: 'THEMIS_OVERLOADED', status: 503, retryAfter: 1 };

/** Decides what one instance takes on: pure but for its counts, and cheap, because it is asked most when there is most to do. */
export class Gate {
  #limits: Limits | undefined;
  #rates: RateLimiter | undefined;
  #underWay = 0;

  constructor(limits?: Limits) {
    this.limits = limits;
  }

  /** Undefined: everything is taken. Requests under way go on, and count. Rates begin anew. */
  set limits(limits: Limits | undefined) {
    this.#limits = limits;
    const hasRates = limits?.perCaller !== undefined || limits?.callers !== undefined;
    this.#rates = hasRates ? new RateLimiter(limits) : undefined;
  }

  /** Whether everything is taken and nothing is counted. */
  get isWide(): boolean {
    return this.#limits === undefined;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /**
   * @param caller the name of the service that calls, or its ID where it has none
   * @param now milliseconds of a clock that never goes back
   * @returns undefined where the request is taken: {@link leave} is then to be called once, at its end
   */
  admit(caller: string, now: number): TurnedAway | undefined {
    if (this.#underWay >= (this.#limits?.underWay ?? Infinity)) return OVERLOADED;
    const wait = this.#rates?.take(caller, now) ?? 0;
    if (wait > 0) return { code: 'THEMIS_RATE_LIMITED', status: 429, retryAfter: Math.ceil(wait / 1000) };
    this.#underWay += 1;
    return undefined;
  }

  leave(): void {
    this.#underWay -= 1;
  }
}
