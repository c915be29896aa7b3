// A Fastify app as the service `payments`: Fastify routes, the mesh proves who calls.
import Fastify from 'fastify';
import { join } from '@themis-mesh/mesh';

const mesh = await join({ service: 'payments' });
const app = Fastify({ serverFactory: (handler) => mesh.createServer(handler) });

app.get('/hello', (request) => ({ hello: request.raw.peer.name }));
app.post('/charge', (request) => ({ charged: request.body.amount, to: request.raw.peer.name }));

await app.listen({ port: 0, host: '127.0.0.1' });
console.log('payments is ready');

process.once('SIGTERM', async () => {
  await app.close();
  await mesh.close();
});
