/** A service that is in the mesh by itself. */
import { join } from '@themis-mesh/mesh';

const mesh = await join({ service: process.env['THEMIS_SERVICE'] ?? '' });
const server = mesh.createServer((request, response) => {
  response.end(`hello ${String(request.peer.name)}, no proxy: ${String(process.env['http_proxy'] === undefined)}`);
});
server.listen(0, () => console.log('listening'));
process.once('SIGTERM', () => void mesh.close());
