import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage, type InformationEvent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { ThemisError, type ErrorCode } from '@themis-mesh/core';
import { trailersToPass } from './trailers.ts';
import type { Answer, OnwardRequest, Upstream } from './upstream.ts';

/** Where plain HTTP is spoken: a port of a host, or a socket in the file system. */
export type PlainPlace =
  { readonly host: string; readonly port: number; readonly lookup?: LookupFunction } | { readonly socketPath: string };

export interface PlainUpstreamOptions {
  /** Asked at each request. */
  readonly place: () => PlainPlace;
  readonly agent: Agent;
  /** What it is called when no connection is made: nothing was sent. */
  readonly unreachable: ErrorCode;
  /** What it is called when a connection ends before the answer: what became of the request is not known. */
  readonly brokenOff: ErrorCode;
}

/** Methods that may be sent again where a kept connection turned out to be closed (RFC 9110 section 9.2.2). */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** HTTP/1.1 in plain text to one place. */
export class PlainUpstream implements Upstream {
  readonly #options: PlainUpstreamOptions;

  constructor(options: PlainUpstreamOptions) {
    this.#options = options;
  }

  async send(request: OnwardRequest): Promise<Answer> {
    try {
      return await this.#sendOnce(request, this.#options.agent);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#sendOnce(request, false);
    }
  }

  #sendOnce(onward: OnwardRequest, agent: Agent | false): Promise<Answer> {
    const { method, path, fields, signal } = onward;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new ThemisError('THEMIS_ABORTED', 'the caller went away', { cause: signal.reason }));
        return;
      }
      const place = this.#options.place();
      // Strictness said outright: without it the process's command line decides.
      const strict = { setHost: false, insecureHTTPParser: false };
      const request = httpRequest({ ...place, ...strict, agent, method, path, headers: fields });
      const onAbort = (): void => {
        request.destroy();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      request.once('close', () => {
        signal.removeEventListener('abort', onAbort);
      });
      let answered: IncomingMessage | undefined;
      request.once('response', (message: IncomingMessage) => {
        answered = message;
        resolve({ message });
      });
      request.once('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
        resolve({ message, upgraded: { socket, head } });
      });
      request.on('information', ({ statusCode, rawHeaders }: InformationEvent) => {
        onward.onInformation({ status: statusCode, fields: rawHeaders });
      });
      request.on('error', (error: Error) => {
        reject(this.#translate(error, request, onward));
        answered?.destroy(error);
      });
      sendBody(request, onward);
    });
  }

  #translate(error: NodeJS.ErrnoException, request: ClientRequest, { method, body }: OnwardRequest): Error {
    if (ThemisError.is(error)) return error;
    const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    if (request.reusedSocket && isClosed && body === undefined && REPEATABLE.has(method)) return new StaleConnection();
    // The system's message names local addresses, which are none of a caller's business: it is kept as the cause.
    const code = error.syscall === 'connect' ? this.#options.unreachable : this.#options.brokenOff;
    return new ThemisError(code, error.code ?? 'no more is known', { cause: error });
  }
}

/** The other side had closed a kept connection before it read the request. */
class StaleConnection extends Error {}

function sendBody(request: ClientRequest, { body }: OnwardRequest): void {
  if (body === undefined) {
    request.end();
    return;
  }
  // Before the pipe, which ends the request at the same event.
  body.once('end', () => {
    const trailers = trailersToPass(body);
    if (trailers.length > 0) request.addTrailers(trailers);
  });
  body.once('close', () => {
    if (!body.complete) request.destroy();
  });
  body.pipe(request);
}
