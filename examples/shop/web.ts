// The shop's front: plain HTTP for customers on loopback, the mesh to everything behind it. It serves members too.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { join } from '@themis-mesh/mesh';
import { exchangeLines } from './exchange-lines.ts';
import { LEAF_SECONDS } from './leaf-seconds.ts';
import { receiptFor } from './receipt.ts';
import { tell, tellEvents } from './tell.ts';

/** Which service has what customers ask for. */
const BEHIND: Readonly<Record<string, string>> = { orders: 'orders', invoices: 'orders', products: 'catalog', files: 'files' };

const [port = '7301'] = process.argv.slice(2);
const mesh = await join({ service: 'web', leafSeconds: LEAF_SECONDS });
tellEvents(mesh);

const front = createServer((request, response) => {
  serveCustomer(request, response).catch((error: unknown) => {
    answer(response, 502, describe(error));
  });
});
const server = mesh.createServer((request, response) => {
  buffer(request).then(
    (body) => {
      answer(response, 200, receiptFor(body, request.peer.name));
    },
    // The caller broke off.
    () => response.destroy(),
  );
});

front.listen(Number(port), '127.0.0.1');
server.listen(0, () => {
  tell('ready');
});

process.once('SIGTERM', () => {
  front.close();
  front.closeAllConnections();
  server.close(() => void mesh.close());
});

async function serveCustomer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const [, first = ''] = url.split(/[/?]/);
  const body = await buffer(request);
  if (first === 'ledger') {
    answer(response, 200, { lines: await enter(body.toString()) });
    return;
  }
  const service = BEHIND[first];
  if (service === undefined) {
    answer(response, 404, { error: 'NOT_FOUND' });
    return;
  }
  const found = await mesh.fetch(`https://${service}${url.replace(/^\/files\//, '/')}`, {
    method,
    ...(method === 'POST' && { body }),
  });
  response.writeHead(found.status, { 'content-type': found.headers.get('content-type') ?? 'text/plain' });
  response.end(Buffer.from(await found.arrayBuffer()));
}

/** Enters lines into the ledger, over a raw byte stream. */
async function enter(text: string): Promise<readonly string[]> {
  const socket = await mesh.connect('ledger');
  try {
    return await exchangeLines(socket, text.split('\n'));
  } finally {
    socket.destroy();
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** An error of the mesh says by a code what went wrong, and where somebody refused us, why. */
function describe(error: unknown): object {
  const { code, message, refusal } = error as { code?: string; message?: string; refusal?: { code: string } };
  return { error: code ?? 'UNEXPECTED', message, refusal: refusal?.code };
}
