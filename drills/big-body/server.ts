// A service in the mesh that counts what it is sent, and sends as many bytes as it is asked for.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { join } from '@themis-mesh/mesh';
import { bytesOf } from './bytes.ts';

const mesh = await join({ service: 'server' });
const server = mesh.createServer((request, response) => {
  if (request.method === 'GET') {
    Readable.from(bytesOf(Number(request.url?.slice(1))), { objectMode: false }).pipe(response);
    return;
  }
  let count = 0;
  request.on('data', (chunk: Buffer) => (count += chunk.length));
  request.on('end', () => response.end(String(count)));
});
server.requestTimeout = 0;
server.listen(0);
await once(server, 'listening');
process.send?.('ready');
