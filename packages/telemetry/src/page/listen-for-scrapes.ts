import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { ThemisError } from '@themis-mesh/core';
import type { Metrics } from '../metrics/metrics.ts';
import { CONTENT_TYPES, negotiate } from './negotiate.ts';

export interface ScrapePlace {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0 for any free one. */
  readonly port: number;
  /** Names besides `localhost` by which readers may ask. By addresses they always may. */
  readonly names?: readonly string[] | undefined;
}

/** More readers than anybody has. */
export const MOST_SCRAPERS = 32;

/** How long a reader may take to ask, and to read on after a pause. Milliseconds. */
const PATIENCE_MS = 10_000;

const LIMITS: ServerOptions = {
  insecureHTTPParser: false,
  maxHeaderSize: 8192,
  headersTimeout: PATIENCE_MS,
  requestTimeout: PATIENCE_MS,
  connectionsCheckingInterval: PATIENCE_MS / 2,
};

/**
 * Answers `GET /metrics`, and nothing else, on a port of its own: so that no path of an app is taken from it, and nothing
 * that could change anything is behind the port.
 *
 * Whoever reaches the port reads; so it is one of loopback, unless somebody says otherwise. A request whose `Host` is a name
 * other than those allowed is refused: it comes from a page in a browser whose name was made to lead here (DNS rebinding).
 *
 * @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID`
 */
export async function listenForScrapes(metrics: Metrics, { host = '127.0.0.1', port, names = [] }: ScrapePlace): Promise<Server> {
  // Only here: whoever serves no page does not load it.
  const { createServer } = await import('node:http');
  const allowed = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  const server = createServer(LIMITS, (request, response) => {
    request.resume();
    answer(metrics, allowed, request, response);
  });
  server.maxConnections = MOST_SCRAPERS;
  server.setTimeout(PATIENCE_MS * 12, (socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'THEMIS_PORT_IN_USE' : 'THEMIS_CONFIG_INVALID';
      reject(new ThemisError(code, `cannot listen on ${host}:${port} for metrics: ${cause.code ?? cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error');
  // Running out of descriptors is reported here; the server goes on when some are free again.
  server.on('error', () => undefined);
  server.unref();
  return server;
}

function answer(metrics: Metrics, names: ReadonlySet<string>, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const say = (status: number, type: string, body: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
      ...(status === 200 ? {} : { connection: 'close' }),
    });
    response.end(method === 'HEAD' ? undefined : body);
  };
  if (!isAllowed(headers.host, names)) say(421, PLAIN, 'This host is not served here.\n');
  else if (method !== 'GET' && method !== 'HEAD') say(405, PLAIN, 'GET only\n');
  // As it was sent: what has to be normalised first is another path.
  else if (url?.split('?', 1)[0] !== '/metrics') say(404, PLAIN, '/metrics only\n');
  else {
    const format = negotiate(headers.accept);
    say(200, CONTENT_TYPES[format], metrics.text(format));
  }
}

const PLAIN = 'text/plain; charset=utf-8';

/** Addresses cannot be rebound, so any is good. */
function isAllowed(host: string | undefined, names: ReadonlySet<string>): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host ?? '');
  const name = match?.[1]?.toLowerCase() ?? '';
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || names.has(name);
}
