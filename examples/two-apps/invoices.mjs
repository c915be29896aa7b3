// Calls `ledger`, of its own app, and tells its caller what that one is called here.
import { createServer } from 'node:http';

createServer(async (request, response) => {
  const amount = await (await fetch('http://ledger.mesh.internal/')).text();
  response.end(`${request.headers['x-themis-caller']} owes ${amount}\n`);
}).listen(process.env.PORT, '127.0.0.1');
