// A process that joins twice, makes a call, closes both, and then has nothing left to do.
import { once } from 'node:events';
import { join } from '@themis-mesh/mesh';

const home = process.argv[2] ?? '';
const payments = await join({ service: 'payments', home });
const server = payments.createServer((request, response) => response.end(`hello ${request.peer.name}`));
server.listen(0);
await once(server, 'listening');
const web = await join({ service: 'web', home });
const response = await web.fetch('https://payments/');
console.log(await response.text());
// Never read, and let go of all the same.
await web.fetch('https://payments/');
await web.close();
await payments.close();
console.log('closed');
