import { ThemisError } from '@themis-mesh/core';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';

/** The one place where errors of the client become ours. A ThemisError stays what it is. */
export function natsError(error: unknown): ThemisError {
  if (ThemisError.is(error)) return error;
  const detail = error instanceof Error ? error.message : 'unknown error';
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', `NATS: ${detail}`, { cause: error });
}

/** JetStream has no leader for the moment, or not the servers that it needs. */
const TEMPORARILY_UNAVAILABLE = 10_008;
const NO_SERVERS_NOW = 503;

/** Whether the same may go well in a moment: a server went away, or another one is about to lead. */
export function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) {
    return error.status === NO_SERVERS_NOW || error.code === TEMPORARILY_UNAVAILABLE || isMissing(error);
  }
  if (isForbidden(error)) return false;
  if (PASSING.some((kind) => error instanceof kind)) return true;
  // What the client makes of it that nobody answers for a bucket: it is gone, or has no leader.
  return error instanceof Error && error.cause instanceof errors.RequestError;
}

const PASSING = [
  errors.TimeoutError,
  errors.RequestError,
  errors.NoRespondersError,
  errors.ConnectionError,
  errors.ClosedConnectionError,
  errors.DrainingConnectionError,
] as const;

function isForbidden(error: unknown): boolean {
  if (error instanceof errors.PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isForbidden(error.cause);
}

/** Whether the bucket is gone. */
export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}

/** Whether somebody else wrote under the key since it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && CONFLICTS.includes(error.code);
}

const CONFLICTS: readonly number[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
];
