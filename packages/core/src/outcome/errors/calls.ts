/** Connections and calls between members. */
export const CALL_ERRORS = {
  THEMIS_PEER_REFUSED: {
    summary: 'The peer was refused',
    remedy: 'See the reason; `themis cert` shows what a peer presents and why it is or is not believed.',
    retryable: false,
  },
  THEMIS_REFUSED_BY_PEER: {
    summary: 'The peer refused us',
    remedy: 'See the reason: the peer may not know our membership yet, or its policy names others.',
    retryable: false,
  },
  THEMIS_CERTIFICATE_MISSING: {
    summary: 'There is no certificate in the file',
    remedy: 'Name a PEM file with a leaf and, behind it, its identity certificate.',
    retryable: false,
  },
  THEMIS_DIAL_FAILED: {
    summary: 'No connection could be made',
    remedy: 'Check that the service runs and that its address can be reached from here.',
    retryable: true,
  },
  THEMIS_HANDSHAKE_FAILED: {
    summary: 'The handshake failed',
    remedy: 'Check that a Themis service listens there, and not something else.',
    retryable: true,
  },
  THEMIS_HANDSHAKE_TIMEOUT: {
    summary: 'The handshake took too long',
    remedy: 'Check the network and the load of the peer.',
    retryable: true,
  },
  THEMIS_CONNECTION_LOST: {
    summary: 'The connection ended before its answer',
    remedy: 'The peer may have stopped. Whether it did what was asked is not known.',
    retryable: false,
  },
  THEMIS_ANSWER_MALFORMED: {
    summary: 'The answer is not valid HTTP',
    remedy: 'Look at what the service sends, and at anything between its program and the mesh that changes it.',
    retryable: false,
  },
  THEMIS_TRY_TIMEOUT: {
    summary: 'The service did not answer in time',
    remedy: 'Look at the service and its load. Whether it did what was asked is not known. `tryTimeoutMs` is the limit.',
    retryable: false,
  },
  THEMIS_DEADLINE_PASSED: {
    summary: 'The time that the caller gave is over',
    remedy:
      'Look at what took the time; the limit is `timeoutMs`, x-themis-deadline or grpc-timeout. What was done is not known.',
    retryable: false,
  },
  THEMIS_TOO_MANY_CALLS: {
    summary: 'Too many calls of the service are under way',
    remedy: 'Call it less at a time, see why it is slow, or raise `atOnce`. Nothing was sent.',
    retryable: true,
  },
  THEMIS_OVERLOADED: {
    summary: 'The instance takes no more requests for now',
    remedy: 'Run more instances, or raise `limits.underWay` where one can take more. Nothing was done.',
    retryable: true,
  },
  THEMIS_RATE_LIMITED: {
    summary: 'The caller asks more often than it may',
    remedy: 'Call it less often, or raise `limits.perCaller` or `limits.callers` of the service. Nothing was done.',
    retryable: true,
  },
  THEMIS_FAULT_INJECTED: {
    summary: 'The call was made to fail, as the configuration asks',
    remedy: 'Take the entry out of `faults` when the trial is over.',
    retryable: false,
  },
  THEMIS_TRAFFIC_INVALID: {
    summary: 'The traffic rules are not taken, and those before stay',
    remedy: 'Correct every part that is named; nothing of the update is in force until all of it is right.',
    retryable: false,
  },
  THEMIS_CLOCK_SKEW: {
    summary: 'The clocks of both sides differ by more than 60 seconds',
    remedy: 'Set the clock of the side that is wrong (NTP); `themis doctor` says which.',
    retryable: true,
  },
  THEMIS_CLOCK_BEHIND: {
    summary: 'The clock is behind what was signed before',
    remedy: 'Set the clock (NTP). If it was ahead when the last charter was signed, wait until that time is reached.',
    retryable: true,
  },
  THEMIS_TLS_UNSAFE: {
    summary: 'The environment weakens TLS',
    remedy: 'Remove NODE_TLS_REJECT_UNAUTHORIZED and TLS options that weaken it from the environment.',
    retryable: false,
  },
} as const;
