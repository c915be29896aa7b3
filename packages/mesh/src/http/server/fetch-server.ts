import type { ServerOptions } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { StreamReceiver } from '@themis-mesh/channel';
import { serveBy } from '../../traffic/request-deadline.ts';
import { FetchExchange, type FetchHandler } from './fetch-exchange.ts';
import type { MeshFetchRequest } from './lazy-request.ts';
import { partsOf } from './reply.ts';
import { MeshServer, type ServerGround } from './mesh-server.ts';
import type { IncomingMessage, ServerResponse } from '../wire/node-http.ts';
import type { NodeExchangeOptions } from './node-exchange.ts';

/**
 * A server whose handler has fetch's shape. What comes over a tunnel goes straight to it; what comes over HTTP/1.1, from stock
 * clients, is read by `node:http` first.
 *
 * It emits `handlerError` with what a handler threw, and answers such a request with 500; where nobody listens for it, the error
 * is shown as a warning of the process.
 */
export class FetchServer extends MeshServer {
  readonly #handler: FetchHandler;

  constructor(ground: ServerGround, options: ServerOptions, handler: FetchHandler) {
    super(ground, options, (request, response) => void this.#serve(request, response));
    this.#handler = handler;
  }

  protected override serveStream({ channel, stream, head, isEnd, open, deadline }: NodeExchangeOptions): StreamReceiver {
    open.port = channel.socket.localPort;
    open.requestId = head.requestId;
    open.traceparent = head.traceparent;
    const exchange = new FetchExchange({ stream, head, isEnd, peer: channel.peer, deadline, open, onError: this.#tell });
    if (deadline === undefined) exchange.begin(this.#handler);
    else serveBy(deadline, () => exchange.begin(this.#handler));
    return exchange;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#handler(requestOf(request, response));
      if (answer.statusText !== '') response.statusMessage = answer.statusText;
      const parts = partsOf(answer);
      if (parts !== undefined) {
        response.writeHead(parts.status, [...parts.fields]).end(parts.body);
        return;
      }
      response.writeHead(answer.status, [...answer.headers].flat());
      if (answer.body === null) response.end();
      else await pipeline(Readable.fromWeb(answer.body), response);
    } catch (error) {
      this.#tell(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    }
  }

  readonly #tell = (error: unknown): void => {
    if (this.emit('handlerError', error)) return;
    process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  };
}

function requestOf(request: IncomingMessage, response: ServerResponse): MeshFetchRequest {
  const { method = 'GET', url = '/', peer, deadline } = request;
  const headers = new Headers();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.append(request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? '');
  }
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody ? (Readable.toWeb(request) as unknown as ReadableStream) : null;
  const whole = new Request(`https://${request.headers.host ?? ''}${url}`, {
    method,
    headers,
    body,
    duplex: 'half',
    signal: gone.signal,
  });
  return Object.assign(whole, { peer, deadline, header: (name: string) => headers.get(name) ?? undefined });
}
