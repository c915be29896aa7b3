import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { createDirectoryHandler, type DirectoryHandler, type DirectoryHandlerOptions } from '@themis-mesh/directory-http';
import type { Directory } from '@themis-mesh/directory';

/** Everything may be stored over plain HTTP: these tests are about what clients and nodes say to each other. */
export const OPEN: DirectoryHandlerOptions = { openKinds: ['history', 'charter', 'head', 'service', 'instance'] };

/** Serves a directory over plain HTTP. @returns its URL */
export async function serveDirectory(
  t: TestContext,
  directory: Directory,
  options: DirectoryHandlerOptions = OPEN,
): Promise<string> {
  const ended = new AbortController();
  const handler = createDirectoryHandler(directory, { ...options, signal: ended.signal });
  t.after(() => ended.abort());
  return serve(t, (request, response) => void answer(handler, request, response));
}

/** @returns the URL of a server that ends with the test */
export async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no address');
  return `http://127.0.0.1:${address.port}/`;
}

export async function answer(handler: DirectoryHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { method = 'GET', url = '/' } = request;
  const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(request) as unknown as ReadableStream);
  const asked = new Request(`http://node${url}`, { method, body, duplex: 'half', signal: gone.signal });
  const { status, headers, ...rest } = await settle(handler(asked));
  response.writeHead(status, [...headers].flat()).end(rest.text);
}

async function settle(answered: Promise<Response>): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await answered;
  return { status: response.status, headers: response.headers, text: await response.text() };
}
