// The process that is called while the overhead is measured: the same handler in the mesh and in plain HTTP.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { join } from '@themis-mesh/mesh';
import { receiptFor } from '../../examples/shop/receipt.ts';
import { LEAF_SECONDS } from '../../examples/shop/leaf-seconds.ts';

const [home = '', service = ''] = process.argv.slice(2);
const mesh = await join({ service, home, leafSeconds: LEAF_SECONDS });

const inMesh = mesh.createServer((request, response) => {
  void handle(request, response, request.peer.name);
});
const plain = createServer((request, response) => {
  void handle(request, response, 'anybody');
});
inMesh.listen(0, () => {
  plain.listen(0, '127.0.0.1', () => {
    // It listens on a port.
    process.send?.((plain.address() as AddressInfo).port);
  });
});

// The measuring process has ended, whatever became of it.
process.once('disconnect', () => {
  plain.close();
  plain.closeAllConnections();
  inMesh.close(() => void mesh.close());
});

async function handle(request: IncomingMessage, response: ServerResponse, caller: string | undefined): Promise<void> {
  const body = await buffer(request);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(receiptFor(body, caller)));
}
