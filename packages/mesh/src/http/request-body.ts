import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** A request in the form in which it is sent: what may be sent twice is told from what cannot. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  /** Bytes can be sent again; a stream only once. */
  readonly body: Buffer | Readable | undefined;
  readonly signal: AbortSignal;
  readonly redirect: Request['redirect'];
}

/**
 * Reads the arguments of `fetch` by the rules of `fetch` (WHATWG Fetch, section 5.4), whose own classes do it.
 *
 * @throws TypeError as `new Request` does
 */
export function readRequest(input: string | URL | Request, init: RequestInit | undefined): OutgoingRequest {
  const plain = plainBody(init?.body);
  const request = new Request(input, init);
  return {
    url: new URL(request.url),
    method: request.method,
    headers: request.headers,
    body: plain ?? streamOf(request.body),
    signal: request.signal,
    redirect: request.redirect,
  };
}

function plainBody(body: unknown): Buffer | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return undefined;
}

function streamOf(body: unknown): Readable | undefined {
  return body === null || body === undefined ? undefined : Readable.fromWeb(body as ReadableStream<Uint8Array>);
}
