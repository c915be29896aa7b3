import type { ServerResponse } from 'node:http';
import { ThemisError, type ErrorCode } from '@themis-mesh/core';
import type { RequestFault } from './request-fault.ts';

/** With which status an error is told over HTTP (RFC 9110 section 15); 502 for all others. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  THEMIS_REQUEST_REFUSED: 400,
  THEMIS_REFUSED_BY_PEER: 403,
  THEMIS_EGRESS_DENIED: 403,
  THEMIS_NAME_UNKNOWN: 404,
  THEMIS_NAME_INVALID: 404,
  THEMIS_PROXY_CREDENTIAL: 407,
  THEMIS_NOT_READY: 503,
  THEMIS_NO_INSTANCE: 503,
  THEMIS_CLOSED: 503,
  THEMIS_TOO_MANY_CALLS: 503,
  THEMIS_OVERLOADED: 503,
  THEMIS_RATE_LIMITED: 429,
  THEMIS_HANDSHAKE_TIMEOUT: 504,
  THEMIS_TRY_TIMEOUT: 504,
  THEMIS_DEADLINE_PASSED: 504,
};

export interface ErrorAnswer {
  readonly status: number;
  /** JSON: `error` (the code), `message`, `remedy`, and `refusal` where that is the reason. */
  readonly body: string;
}

export function errorAnswer(error: unknown): ErrorAnswer {
  const known = ThemisError.is(error) ? error : new ThemisError('THEMIS_CONNECTION_LOST', 'unexpectedly', { cause: error });
  const { code, message, remedy, refusal } = known;
  const status = STATUS[code] ?? 502;
  return { status, body: `${JSON.stringify({ error: code, message, remedy, ...(refusal && { refusal: refusal.code }) })}\n` };
}

/** Answers with an error; where an answer has begun already, breaks it off, so that it is not taken for a whole one. */
export function answerError(response: ServerResponse, error: unknown, fields: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, body } = errorAnswer(error);
  response.writeHead(status, { ...fields, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/**
 * Answers a request that is not passed on, and ends the connection: what follows on it cannot be trusted to begin where
 * it seems to.
 */
export function answerFault(response: ServerResponse, { status, detail }: RequestFault): void {
  response.shouldKeepAlive = false;
  const { body } = errorAnswer(new ThemisError('THEMIS_REQUEST_REFUSED', detail));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}
