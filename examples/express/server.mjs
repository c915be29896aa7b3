// An Express app as the service `payments`: Express routes, the mesh proves who calls.
import express from 'express';
import { join } from '@themis-mesh/mesh';

const mesh = await join({ service: 'payments' });
const app = express();

app.get('/hello', (request, response) => {
  response.json({ hello: request.peer.name });
});
app.post('/charge', express.json(), (request, response) => {
  response.json({ charged: request.body.amount, to: request.peer.name });
});

mesh.createServer(app).listen(0, () => console.log('payments is ready'));

process.once('SIGTERM', () => mesh.close());
