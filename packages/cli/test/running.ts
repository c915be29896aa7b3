import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import { join, type Mesh, type MeshServer } from '@themis-mesh/mesh';
import type { User } from './themis.ts';

export interface Running {
  readonly mesh: Mesh;
  readonly server: MeshServer;
  readonly port: number;
}

/** A running instance of a service in a user's home, which takes leave after the test. */
export async function runService(t: TestContext, { home }: User, service: string, listener: RequestListener): Promise<Running> {
  const mesh = await join({ service, home });
  t.after(() => mesh.close());
  const server = mesh.createServer(listener);
  await once(server.listen(0), 'listening');
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new TypeError('it listens');
  return { mesh, server, port: address.port };
}
