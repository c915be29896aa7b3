import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TestHome } from '../test/test-home.ts';
import type { Meaning } from './corpus/index.ts';

/** What a program behind everything was asked. */
export interface Echo {
  readonly port: number;
  /** The requests that came whole, by the flight that their paths name, in order: see {@link tell}. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
  /** Flights of which a request came in part. */
  readonly cut: ReadonlySet<string>;
  /** What nobody should have sent. */
  readonly strays: readonly string[];
}

/** One request in a line: what two readers that took it alike say alike. */
export function tell({ method, path, body }: Omit<Meaning, 'body'> & { readonly body: string | Buffer }): string {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  // A path may be written in another way on its way, where it stays the same.
  return `${method} ${written(path)} ${bytes.length} ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

/** A path in the one way in which all write it. */
export function written(path: string): string {
  return path.replace(/["|{}<>^`]/g, encodeURIComponent);
}

/** The flight that a path belongs to. */
export function flightOf(path: string): string | undefined {
  return /\/flight\/([a-z0-9-]+)\//.exec(path)?.[1];
}

/** Of each answer. */
export const ECHO_BODY = 'seen\n';

/** A server of Node's that answers each request by what it saw, in the field `x-echo`. */
export async function startEcho(home: TestHome): Promise<Echo> {
  const seen = new Map<string, string[]>();
  const cut = new Set<string>();
  const strays: string[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url: path = '' } = request;
    const flight = flightOf(path);
    if (flight === undefined || countOf(request, 'host') !== 1) strays.push(`${method} ${path}`);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('close', () => {
      if (flight !== undefined && !request.complete) cut.add(flight);
    });
    request.once('end', () => {
      const line = tell({ method, path, body: Buffer.concat(chunks) });
      if (flight !== undefined) seen.set(flight, [...(seen.get(flight) ?? []), line]);
      response.setHeader('x-echo', line);
      response.end(ECHO_BODY);
    });
  };
  const server = createServer({ maxHeaderSize: 100_000, keepAliveTimeout: 60_000 }, onRequest);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    onRequest(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Whoever is cut off cuts off.
    if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE' && error.code !== 'EPIPE')
      strays.push(String(error.code));
    socket.destroy();
  });
  return { port: await home.listen(server), seen, cut, strays };
}

function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === name).length;
}
