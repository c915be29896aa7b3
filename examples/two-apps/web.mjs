// Calls `invoices` of the app that this one calls `billing`; any path leads to a service of that name: /invoices.billing.
import { createServer } from 'node:http';

createServer(async (request, response) => {
  const answer = await fetch(`http://${request.url.slice(1)}.mesh.internal/`);
  response.writeHead(answer.status).end(await answer.text());
}).listen(process.env.PORT, '127.0.0.1');
