import { once } from 'node:events';
import { join, reply } from '@themis-mesh/mesh';
import { BODY, CLIENT, SERVER, type Call } from '../contender.ts';

/** `mesh.fetch`, and a handler of fetch's shape. */
export async function serve(home: string): Promise<number> {
  const mesh = await join({ service: SERVER, home });
  const server = mesh.createFetchServer(() => reply(BODY, { headers: { 'content-type': 'text/plain' } }));
  server.listen(0);
  await once(server, 'listening');
  return server.address()?.port ?? 0;
}

export async function connect({ home }: { readonly home: string }): Promise<Call> {
  const mesh = await join({ service: CLIENT, home });
  return async () => (await mesh.fetch(`https://${SERVER}/charge`)).arrayBuffer();
}
