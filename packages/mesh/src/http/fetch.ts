import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { isWorthAnotherTry } from '@themis-mesh/channel';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import type { Target } from '../find/balancer.ts';
import type { Dialer } from '../find/dialer.ts';
import { requireServiceName } from '../find/mesh-name.ts';
import type { ChannelAgent } from './channel-agent.ts';
import { readRequest, type OutgoingRequest } from './request-body.ts';

/** `fetch`, to services of the mesh. */
export type MeshFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Redirects that are followed, as in WHATWG Fetch section 4.4. */
const MOST_REDIRECTS = 20;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Statuses whose responses have no body (WHATWG Fetch section 2.2.3). */
const NO_BODY: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** Methods that may be sent again where the first try broke off without an answer (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Makes the `fetch` of a mesh. It differs from the global one in this: the host names a service; nothing is decompressed, and
 * no compression is asked for; redirects to another service are refused.
 */
export function createFetch(dialer: Dialer, agent: ChannelAgent): MeshFetch {
  return async (input, init) => {
    let outgoing = readRequest(input, init);
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(dialer, agent, outgoing);
      const next = REDIRECTS.has(response.status) ? followed(outgoing, response, redirects) : undefined;
      if (next === undefined) return response;
      await response.body?.cancel();
      outgoing = next;
    }
  };
}

function send(dialer: Dialer, agent: ChannelAgent, outgoing: OutgoingRequest): Promise<Response> {
  const service = requireServiceName(outgoing.url.hostname);
  const run = (target: Target): Promise<Response> => sendTo(agent, service, target, outgoing);
  return dialer.onTarget(service, 'themis-http/1', run, (error) => mayRepeat(outgoing, error));
}

/** Whether nothing of the request was sent, or sending it twice does what sending it once does. */
function mayRepeat({ method, body }: OutgoingRequest, error: unknown): boolean {
  if (body instanceof Readable && body.readableDidRead) return false;
  if (isWorthAnotherTry(error)) return true;
  return ThemisError.is(error, 'THEMIS_CONNECTION_LOST') && IDEMPOTENT.has(method);
}

function sendTo(agent: ChannelAgent, service: ServiceName, target: Target, outgoing: OutgoingRequest): Promise<Response> {
  const { url, method, headers, body, signal } = outgoing;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const fields = [...headers].flat();
    if (!headers.has('host')) fields.push('host', url.host);
    if (Buffer.isBuffer(body)) fields.push('content-length', String(body.length));
    const request = httpRequest({ agent, method, path: url.pathname + url.search, headers: fields, ...agent.route(service, target, signal) });
    const onAbort = (): void => {
      request.destroy(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    let answered: IncomingMessage | undefined;
    request.once('response', (message: IncomingMessage) => {
      answered = message;
      resolve(responseOf(message, outgoing));
    });
    request.on('error', (error: Error) => {
      if (signal.aborted) reject(signal.reason as Error);
      else reject(ThemisError.is(error) ? error : lost(service, error));
      answered?.destroy(error);
    });
    request.once('close', () => {
      if (answered === undefined || answered.complete) signal.removeEventListener('abort', onAbort);
    });
    sendBody(request, body);
  });
}

/** The body is not read before there is a connection: where none can be made, another instance gets it whole. */
function sendBody(request: ClientRequest, body: OutgoingRequest['body']): void {
  if (!(body instanceof Readable)) {
    request.end(body);
    return;
  }
  request.once('socket', () => {
    body.once('error', (error) => request.destroy(error));
    body.pipe(request);
  });
  request.flushHeaders();
}

function lost(service: ServiceName, cause: Error): ThemisError {
  return new ThemisError('THEMIS_CONNECTION_LOST', `to ${service}: ${cause.message}`, { cause });
}

function responseOf(message: IncomingMessage, { url }: OutgoingRequest): Response {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '');
  }
  const isEmpty = NO_BODY.has(status) || message.headers['content-length'] === '0';
  if (isEmpty) message.resume();
  const body = isEmpty ? null : (Readable.toWeb(message) as BodyInit);
  const response = new Response(body, { status, statusText: message.statusMessage ?? '', headers });
  Object.defineProperty(response, 'url', { value: url.href });
  return response;
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
