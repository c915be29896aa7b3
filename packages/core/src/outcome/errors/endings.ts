/** How calls and processes end otherwise. */
export const ENDING_ERRORS = {
  THEMIS_MEMBERSHIP_ENDED: {
    summary: 'The service is no longer admitted',
    remedy: 'Let the owner admit it again: `themis admit`, or `themis add` on one machine.',
    retryable: false,
  },
  THEMIS_CALL_FAILED: {
    summary: 'The service answered, but not with a success',
    remedy: 'See its answer. Without --fail the exit code does not depend on it.',
    retryable: false,
  },
  THEMIS_REDIRECT_REFUSED: {
    summary: 'A redirect to another service is not followed',
    remedy: 'Call that service by its own name, or fetch with `redirect: "manual"`.',
    retryable: false,
  },

  THEMIS_UNEXPECTED: {
    summary: 'Something went wrong that should not be possible',
    remedy: 'Run the same with THEMIS_DEBUG=1 and report what it prints.',
    retryable: false,
  },
  THEMIS_ABORTED: {
    summary: 'The call was aborted',
    remedy: 'Its caller asked for that, by a signal or a deadline.',
    retryable: false,
  },
  THEMIS_CLOSED: {
    summary: 'It is closed already',
    remedy: 'Open it again; a mesh that was closed makes no further calls.',
    retryable: false,
  },
} as const;
