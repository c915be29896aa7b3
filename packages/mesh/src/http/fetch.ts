import { Readable } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { requireServiceName } from '../find/mesh-name.ts';
import { readRequest, type OutgoingRequest } from './request-body.ts';
import type { MeshRequest, MeshResponse } from './send.ts';

/** `fetch`, to services of the mesh. */
export type MeshFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Redirects that are followed (WHATWG Fetch section 4.4). */
const MOST_REDIRECTS = 20;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Statuses whose responses have no body (WHATWG Fetch section 2.2.3). */
const NO_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

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
      const fields = [...headers, ['host', url.host]].flat();
      const { message } = await send({ service, method, path: url.pathname + url.search, headers: fields, body, signal });
      const response = responseOf(message.rawHeaders, message, outgoing);
      const next = REDIRECTS.has(response.status) ? followed(outgoing, response, redirects) : undefined;
      if (next === undefined) return response;
      await response.body?.cancel();
      outgoing = next;
    }
  };
}

function responseOf(rawHeaders: readonly string[], message: MeshResponse['message'], { url, method, signal }: OutgoingRequest): Response {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  const isEmpty = NO_BODY.has(status) || method === 'HEAD';
  if (isEmpty) message.resume();
  else abortWith(message, signal);
  const body = isEmpty ? null : (Readable.toWeb(message) as ConstructorParameters<typeof Response>[0]);
  const response = new Response(body, { status, statusText: message.statusMessage ?? '', headers });
  Object.defineProperty(response, 'url', { value: url.href });
  return response;
}

/** The signal of a call holds for its body too (WHATWG Fetch section 5.6). */
function abortWith(message: MeshResponse['message'], signal: AbortSignal): void {
  const onAbort = (): void => {
    message.destroy(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  message.once('close', () => {
    signal.removeEventListener('abort', onAbort);
  });
}

/** @returns the request that a redirect asks for; undefined where the caller wants the redirect itself */
function followed(outgoing: OutgoingRequest, response: Response, redirects: number): OutgoingRequest | undefined {
  const location = response.headers.get('location');
  if (outgoing.redirect === 'manual' || location === null) return undefined;
  if (outgoing.redirect === 'error') throw new TypeError('fetch failed: a redirect, and redirect is "error"');
  if (redirects >= MOST_REDIRECTS) throw new TypeError(`fetch failed: more than ${MOST_REDIRECTS} redirects`);
  const url = new URL(location, outgoing.url);
  if (url.hostname !== outgoing.url.hostname) {
    throw new ThemisError('THEMIS_REDIRECT_REFUSED', `${outgoing.url.hostname} redirects to ${url.hostname}`);
  }
  const becomesGet = response.status === 303 ? outgoing.method !== 'HEAD' : response.status < 303 && outgoing.method === 'POST';
  if (!becomesGet) {
    if (outgoing.body instanceof Readable) throw new TypeError('fetch failed: a redirected body was a stream and is gone');
    return { ...outgoing, url };
  }
  const headers = new Headers(outgoing.headers);
  for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']) headers.delete(name);
  return { ...outgoing, url, method: 'GET', headers, body: undefined };
}
