import { Readable } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { requireServiceName } from '../find/mesh-name.ts';
import { LazyResponse } from './lazy-response.ts';
import { readRequest, type OutgoingRequest } from './request-body.ts';
import type { MeshRequest, MeshResponse } from './send.ts';

/** `fetch`, to services of the mesh. */
export type MeshFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Redirects that are followed (WHATWG Fetch section 4.4). */
const MOST_REDIRECTS = 20;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Makes the `fetch` of a mesh. It differs from the global one in this: the host names a service; nothing is decompressed, and
 * no compression is asked for; redirects to another service are refused.
 */
export function createFetch(send: (request: MeshRequest) => Promise<MeshResponse>): MeshFetch {
  return async (input, init) => {
    let outgoing = readRequest(input, init);
    for (let redirects = 0; ; redirects += 1) {
      const { url, method, headers, body, signal } = outgoing;
      const service = requireServiceName(url.hostname);
      const fields = [...headers, 'host', url.host];
      const { message } = await send({ service, method, path: url.pathname + url.search, headers: fields, body, signal });
      abortWith(message, signal);
      const response = new LazyResponse(message, { url: url.href, method, redirected: redirects > 0 });
      const next = REDIRECTS.has(response.status) ? followed(outgoing, message, redirects) : undefined;
      if (next === undefined) return response;
      message.resume();
      outgoing = next;
    }
  };
}

/** The signal of a call holds for its body too (WHATWG Fetch section 5.6). */
function abortWith(message: MeshResponse['message'], signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const onAbort = (): void => {
    message.destroy(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  message.once('close', () => {
    signal.removeEventListener('abort', onAbort);
  });
}

/** @returns the request that a redirect asks for; undefined where the caller wants the redirect itself */
function followed(outgoing: OutgoingRequest, { headers, statusCode = 0 }: MeshResponse['message'], redirects: number): OutgoingRequest | undefined {
  const { location } = headers;
  if (outgoing.redirect === 'manual' || location === undefined) return undefined;
  if (outgoing.redirect === 'error') throw new TypeError('fetch failed: a redirect, and redirect is "error"');
  if (redirects >= MOST_REDIRECTS) throw new TypeError(`fetch failed: more than ${MOST_REDIRECTS} redirects`);
  const url = new URL(location, outgoing.url);
  if (url.hostname !== outgoing.url.hostname) {
    throw new ThemisError('THEMIS_REDIRECT_REFUSED', `${outgoing.url.hostname} redirects to ${url.hostname}`);
  }
  const becomesGet = statusCode === 303 ? outgoing.method !== 'HEAD' : statusCode < 303 && outgoing.method === 'POST';
  if (!becomesGet) {
    if (outgoing.body instanceof Readable) throw new TypeError('fetch failed: a redirected body was a stream and is gone');
    return { ...outgoing, url };
  }
  const fields = outgoing.headers.filter((_, index) => !OF_A_BODY.has(outgoing.headers[index - (index % 2)] ?? ''));
  return { ...outgoing, url, method: 'GET', headers: fields, body: undefined };
}

/** Headers that say something of a body (WHATWG Fetch section 2.2.2, "request-body-header name"). */
const OF_A_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
]);
