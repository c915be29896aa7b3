import { join } from '@themis-mesh/mesh';
import { TargetName } from '@themis-mesh/core';
import { CLIENT, SERVER, type Call } from '../contender.ts';

export { serve } from './mesh-fetch-both.ts';

/** `mesh.send`, and a handler of fetch's shape: the mesh's own calls, and none of fetch's classes on the caller's side. */
export async function connect({ home }: { readonly home: string }): Promise<Call> {
  const mesh = await join({ service: CLIENT, home });
  const service = TargetName.parse(SERVER);
  if (service === undefined) throw new Error('not a name');
  return async () => (await mesh.send({ service, method: 'GET', path: '/charge', headers: [] })).collect();
}
