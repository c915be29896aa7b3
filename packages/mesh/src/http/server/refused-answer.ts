import { meaningOfRefusal, type Denied, type ErrorCode } from '@themis-mesh/core';

/** How a caller is told that a policy refuses its request. */
export interface RefusedAnswer {
  /** 403; 400 where the request cannot be judged, because it means more than one thing. */
  readonly status: 400 | 403;
  /** JSON: `error`, `refusal` and `message`. Which policy and which rule is for the log of the service, not for its callers. */
  readonly body: string;
}

export function refusedAnswer({ because }: Denied): RefusedAnswer {
  const isAmbiguous = because.endsWith('-ambiguous');
  const error: ErrorCode = isAmbiguous ? 'THEMIS_REQUEST_REFUSED' : 'THEMIS_REQUEST_DENIED';
  const body = `${JSON.stringify({ error, refusal: because, message: meaningOfRefusal(because) })}\n`;
  return { status: isAmbiguous ? 400 : 403, body };
}
