// A Hono app as the service `payments`: Hono routes, the mesh proves who calls.
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { join } from '@themis-mesh/mesh';

const mesh = await join({ service: 'payments' });
const app = new Hono();

app.get('/hello', (c) => c.json({ hello: c.env.incoming.peer.name }));
app.post('/charge', async (c) => {
  const { amount } = await c.req.json();
  return c.json({ charged: amount, to: c.env.incoming.peer.name });
});

mesh.createServer(getRequestListener(app.fetch)).listen(0, () => console.log('payments is ready'));

process.once('SIGTERM', () => mesh.close());
