import type { ClientRequest, IncomingMessage } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { isWorthAnotherTry } from '@themis-mesh/channel';
import { ThemisError, type ServiceName } from '@themis-mesh/core';
import type { Target } from '../find/balancer.ts';
import type { Dialer } from '../find/dialer.ts';
import type { ChannelAgent } from './channel-agent.ts';
import { request as httpRequest } from './node-http.ts';

/** An HTTP/1.1 request to a service, as it goes over the wire. */
export interface MeshRequest {
  readonly service: ServiceName;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names and values in turn, as in `IncomingMessage.rawHeaders`. `host` is set where it is missing. */
  readonly headers: readonly string[];
  /** Bytes may be sent again to another instance; a stream only while nothing of it was read. */
  readonly body?: Buffer | Readable | undefined;
  /** Asked when a streamed body has ended: the fields after it, where it is chunked (RFC 9110 section 6.5). */
  readonly trailers?: (() => readonly [string, string][]) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer's head; its body is to be read or destroyed. */
export interface MeshResponse {
  readonly message: IncomingMessage;
  /** Present where the service took up an upgrade (RFC 9110 section 7.8): the bytes of the new protocol. */
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };
}

/** Methods that may be sent again where the first try broke off without an answer (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Sends a request to an instance of a service; to another one where nothing of it was sent, or where its method is
 * idempotent and it broke off without an answer.
 *
 * @throws ThemisError as `dial` does, `THEMIS_NO_INSTANCE`, `THEMIS_CONNECTION_LOST`; the signal's reason
 */
export function send(dialer: Dialer, agent: ChannelAgent, request: MeshRequest): Promise<MeshResponse> {
  const run = (target: Target): Promise<MeshResponse> => sendTo(agent, target, request);
  return dialer.onTarget(request.service, 'themis-http/1', run, (error) => mayRepeat(request, error));
}

function mayRepeat({ method, body, headers }: MeshRequest, error: unknown): boolean {
  if (body instanceof Readable && body.readableDidRead) return false;
  if (isWorthAnotherTry(error)) return true;
  return ThemisError.is(error, 'THEMIS_CONNECTION_LOST') && IDEMPOTENT.has(method) && !hasHeader(headers, 'upgrade');
}

function sendTo(
  agent: ChannelAgent,
  target: Target,
  { service, method, path, headers, body, trailers, signal }: MeshRequest,
): Promise<MeshResponse> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const fields = [...headers];
    if (!hasHeader(headers, 'host')) fields.push('host', service);
    if (Buffer.isBuffer(body) && !hasHeader(headers, 'content-length')) fields.push('content-length', String(body.length));
    const request = httpRequest({ agent, method, path, headers: fields, ...agent.route(service, target, signal) });
    let answered: IncomingMessage | undefined;
    const onAbort = (): void => {
      request.destroy(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    request.once('response', (message: IncomingMessage) => {
      answered = message;
      resolve({ message });
    });
    request.once('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
      resolve({ message, upgraded: { socket, head } });
    });
    request.on('error', (error: Error) => {
      if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(ThemisError.is(error) ? error : lost(service, error));
      answered?.destroy(error);
    });
    request.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
    });
    sendBody(request, body, trailers);
  });
}

/** A stream is not read before there is a connection: where none can be made, another instance gets it whole. */
function sendBody(request: ClientRequest, body: MeshRequest['body'], trailers: MeshRequest['trailers']): void {
  if (!(body instanceof Readable)) {
    request.end(body);
    return;
  }
  request.once('socket', () => {
    body.once('error', (error) => request.destroy(error));
    // Before the pipe, which ends the request at the same event.
    body.once('end', () => {
      const fields = trailers?.() ?? [];
      if (fields.length > 0) request.addTrailers(fields);
    });
    body.pipe(request);
  });
  request.flushHeaders();
}

function hasHeader(headers: readonly string[], name: string): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === name);
}

function lost(service: ServiceName, cause: Error): ThemisError {
  return new ThemisError('THEMIS_CONNECTION_LOST', `to ${service}: ${cause.message}`, { cause });
}
