/** What a call asks for besides its request. */
export interface CallTerms {
  /** When nobody waits for the answer any more. Milliseconds of the monotonic clock, as `performance.now()` tells them. */
  readonly deadline?: number | undefined;
  /** The caller says that the request may be done twice, whatever its method. */
  readonly isSafe?: boolean | undefined;
  /** Labels that an instance must carry. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export const NO_TERMS: CallTerms = {};
