import { Readable } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import { serviceOfHost } from '../../find/mesh-name.ts';
import { destinationOf, type Destination } from './destination.ts';
import { LazyResponse } from './lazy-response.ts';
import { readRequest, type OutgoingRequest } from './request-body.ts';
import type { MeshRequest, MeshResponse } from '../message.ts';

/**
 * `fetch`, to services of the mesh.
 *
 * @throws ThemisError
 * - `THEMIS_NAME_INVALID`, `THEMIS_NAME_UNKNOWN`, `THEMIS_NO_INSTANCE`, `THEMIS_DIRECTORY_UNAVAILABLE`: nobody to call
 * - `THEMIS_DIAL_FAILED`, `THEMIS_HANDSHAKE_FAILED`, `THEMIS_HANDSHAKE_TIMEOUT`, `THEMIS_CLOCK_SKEW`: no connection
 * - `THEMIS_PEER_REFUSED`, `THEMIS_REFUSED_BY_PEER`: with the refusal
 * - `THEMIS_CONNECTION_LOST`, `THEMIS_ANSWER_MALFORMED`: before the answer, or from reading its body
 * - `THEMIS_REDIRECT_REFUSED`, `THEMIS_CLOSED`
 * @throws TypeError for what the global `fetch` throws it for; the signal's reason; the error of a body that is a stream
 */
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
      const { to, method, headers, body, signal } = outgoing;
      const { service, host, path, href } = to;
      const fields = headers.length === 0 ? ['host', host] : [...withoutHopFields(headers), 'host', host];
      const answer = await send({ service, method, path, headers: fields, body, signal });
      requireAnswer(answer, service);
      const next = whereTo(outgoing, answer, redirects);
      if (next === undefined) return new LazyResponse(answer, href, method, redirects > 0);
      answer.discard();
      outgoing = next;
    }
  };
}

/** Fields about one connection, and `expect`, which nobody waits for here (WHATWG Fetch section 2.2.2, "forbidden"). */
const HOP_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]);

function withoutHopFields(headers: readonly string[]): readonly string[] {
  const isHop = (index: number): boolean => HOP_FIELDS.has(headers[index - (index % 2)] ?? '');
  return headers.some((_, index) => index % 2 === 0 && isHop(index)) ? headers.filter((_, index) => !isHop(index)) : headers;
}

/** @throws ThemisError for an answer that no `Response` can be */
function requireAnswer(answer: MeshResponse, service: string): void {
  const { status, upgraded } = answer;
  if (upgraded === undefined && status >= 200 && status <= 599) return;
  upgraded?.socket.destroy();
  answer.message.destroy();
  throw new ThemisError('THEMIS_ANSWER_MALFORMED', `of ${service}: status ${status}`);
}

/** @returns the request that a redirect asks for; undefined for an answer to hand on */
function whereTo(outgoing: OutgoingRequest, answer: MeshResponse, redirects: number): OutgoingRequest | undefined {
  if (!REDIRECTS.has(answer.status)) return undefined;
  try {
    return followed(outgoing, answer, redirects);
  } catch (error) {
    answer.message.destroy();
    throw error;
  }
}

function followed(
  outgoing: OutgoingRequest,
  { status, rawHeaders }: MeshResponse,
  redirects: number,
): OutgoingRequest | undefined {
  const location = fieldOf(rawHeaders, 'location');
  if (outgoing.redirect === 'manual' || location === undefined) return undefined;
  if (outgoing.redirect === 'error') throw new TypeError('fetch failed: a redirect, and redirect is "error"');
  if (redirects >= MOST_REDIRECTS) throw new TypeError(`fetch failed: more than ${MOST_REDIRECTS} redirects`);
  const url = new URL(location, outgoing.to.href);
  requireSameService(outgoing.to, url);
  const to = destinationOf(url);
  const becomesGet = status === 303 ? outgoing.method !== 'HEAD' : status < 303 && outgoing.method === 'POST';
  if (!becomesGet) {
    if (outgoing.body instanceof Readable) throw new TypeError('fetch failed: a redirected body was a stream and is gone');
    return { ...outgoing, to };
  }
  const fields = outgoing.headers.filter((_, index) => !OF_A_BODY.has(outgoing.headers[index - (index % 2)] ?? ''));
  return { ...outgoing, to, method: 'GET', headers: fields, body: undefined };
}

function fieldOf(rawHeaders: readonly string[], name: string): string | undefined {
  const index = rawHeaders.findIndex((word, at) => at % 2 === 0 && word.toLowerCase() === name);
  return index < 0 ? undefined : rawHeaders[index + 1];
}

function requireSameService(from: Destination, to: URL): void {
  const service = to.protocol === 'https:' || to.protocol === 'http:' ? serviceOfHost(to.hostname) : undefined;
  if (service === from.service) return;
  throw new ThemisError('THEMIS_REDIRECT_REFUSED', `${from.service} redirects to ${to.protocol}//${to.hostname}`);
}

/** Headers that say something of a body (WHATWG Fetch section 2.2.2, "request-body-header name"). */
const OF_A_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'content-length',
]);
