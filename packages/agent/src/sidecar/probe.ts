import { createServer, type Server } from 'node:http';
import type { ListenAddress } from '../tcp/listen-address.ts';
import { listenOn } from '../tcp/listen-on.ts';

/**
 * Answers `GET /livez` (this process runs) and `GET /readyz` (requests would be served now) on a port of its own, so that
 * no path of the app is exempt from anything. JSON: `status`, and `reasons` where it is not ready.
 *
 * @param reasons why requests would not be served now; none where they would
 * @throws ThemisError THEMIS_PORT_IN_USE, THEMIS_CONFIG_INVALID
 */
export async function listenForProbes(address: ListenAddress, reasons: () => Promise<readonly string[]>): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      const text = `${JSON.stringify(body)}\n`;
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'cache-control': 'no-store',
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, { error: 'GET only' });
    else if (request.url === '/livez') answer(200, { status: 'live' });
    else if (request.url !== '/readyz') answer(404, { error: '/livez and /readyz only' });
    else {
      void reasons().then((found) => {
        if (found.length === 0) answer(200, { status: 'ready' });
        else answer(503, { status: 'not ready', reasons: found });
      });
    }
  });
  await listenOn(server, address);
  return server;
}
