import { canonicalJson, printable, shape } from '@themis-mesh/core';

/** Why a node does not answer a question, with the HTTP status that it is told by. */
export const FAULTS = {
  /** The body is not what is to be sent there. */
  malformed: 400,
  /** Whoever asks may not store that: it proved to be nobody of the app. */
  forbidden: 403,
  /** Nothing is asked at that path. */
  'path-unknown': 404,
  /** Questions are asked by POST. */
  method: 405,
  'too-large': 413,
  /** Whoever asks asks too often, or watches too much. */
  'too-many': 429,
  /** The directory behind the node does not answer. */
  unavailable: 503,
} as const;

export type FaultCode = keyof typeof FAULTS;

export interface Fault {
  readonly code: FaultCode;
  readonly detail: string;
}

/** The body of every answer whose status is not 200. */
export const faultShape: shape.Shape<{ readonly error: Fault }> = shape.object<{ readonly error: Fault }>({
  error: shape.object<Fault>({
    code: shape.oneOf('malformed', 'forbidden', 'path-unknown', 'method', 'too-large', 'too-many', 'unavailable'),
    detail: shape.text(/^[^\p{Cc}]{0,300}$/u, 'a text of at most 300 characters'),
  }),
});

export function faultBody({ code, detail }: Fault): string {
  return canonicalJson({ error: { code, detail: printable(detail.toWellFormed()) } });
}
