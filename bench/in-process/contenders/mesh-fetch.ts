import { once } from 'node:events';
import { join } from '@themis-mesh/mesh';
import { answer } from '../answer.ts';
import { CLIENT, SERVER, type Call } from '../contender.ts';

/** `mesh.fetch`, and the same `node:http` handler behind a mesh server. */
export async function serve(home: string): Promise<number> {
  const mesh = await join({ service: SERVER, home });
  const server = mesh.createServer(answer);
  server.keepAliveTimeout = 60_000;
  server.listen(0);
  await once(server, 'listening');
  return server.address()?.port ?? 0;
}

export async function connect({ home }: { readonly home: string }): Promise<Call> {
  const mesh = await join({ service: CLIENT, home });
  return async () => (await mesh.fetch(`https://${SERVER}/charge`)).arrayBuffer();
}
