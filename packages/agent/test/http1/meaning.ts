import type { Transcript } from './transcript.ts';
import type { RequestHead } from '../../src/http1/request-head.ts';

/** A request, as any reader of HTTP tells it. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case, and values, in turn. */
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/**
 * What our reader says was asked, up to the last request that its sender meant to have answered on the connection; undefined
 * where it refused any of it.
 */
export function accepted({ messages, fault }: Transcript<RequestHead>): readonly ReadRequest[] | undefined {
  if (fault !== undefined) return undefined;
  const last = messages.findIndex(({ head }) => !head.persists);
  return messages.slice(0, last === -1 ? undefined : last + 1).map(({ head, body, trailers }) => ({
    method: head.method,
    target: head.target,
    fields: head.fields,
    body,
    trailers,
  }));
}
