// Takes orders. A Fastify server like any other, but that its connections come from the mesh; and a feed of raw bytes.
import type { Duplex } from 'node:stream';
import Fastify from 'fastify';
import { join } from '@themis-mesh/mesh';
import { LEAF_SECONDS } from './leaf-seconds.ts';
import { receiptFor } from './receipt.ts';
import { tell, tellEvents } from './tell.ts';

const mesh = await join({ service: 'orders', leafSeconds: LEAF_SECONDS });
tellEvents(mesh);

const subscribers = new Set<Duplex>();
let taken = 0;

const app = Fastify({ serverFactory: (handler) => mesh.createServer(handler) });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
  done(null, body);
});

app.post('/orders', (request) => {
  taken += 1;
  for (const subscriber of subscribers) subscriber.write(`${JSON.stringify({ order: taken, at: Date.now() })}\n`);
  return receiptFor(request.body as Buffer, request.raw.peer.name);
});

app.get('/orders', () => ({ taken }));

app.get<{ Params: { file: string } }>('/invoices/:file', async (request, reply) => {
  const invoice = await mesh.fetch(`https://files/invoices/${encodeURIComponent(request.params.file)}`);
  reply.code(invoice.status).type('text/plain');
  return Buffer.from(await invoice.arrayBuffer());
});

const feed = mesh.createTcpServer((socket, { name }) => {
  socket.on('error', () => undefined);
  socket.once('close', () => subscribers.delete(socket));
  // Nothing is expected from a subscriber; its end is seen by reading.
  socket.resume();
  subscribers.add(socket);
  tell('subscribed', { name });
});

await app.listen({ host: '127.0.0.1', port: 0 });
await feed.listen(0);
tell('ready');

process.once('SIGTERM', () => {
  void Promise.all([app.close(), feed.close()]).then(() => mesh.close());
});
