import type { Client, MethodDefinition } from '@grpc/grpc-js';
import { ServiceName } from '@themis-mesh/core';
import type { Mesh } from '@themis-mesh/mesh';

const same = (value: Buffer): Buffer => value;

/** One unary call of bytes, so that nothing of messages is measured. */
export const CALL: MethodDefinition<Buffer, Buffer> = {
  path: '/bench.Bytes/Call',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

const BODY = Buffer.alloc(64, 'y');

export function call(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(CALL.path, same, same, BODY, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

const SERVER = ServiceName.parse('server');

/** The same bytes, both ways, as a request of the mesh. */
export async function callMesh(mesh: Mesh): Promise<void> {
  if (SERVER === undefined) throw new TypeError('no name');
  const answer = await mesh.send({ service: SERVER, method: 'POST', path: CALL.path, headers: [], body: BODY });
  const bytes = await answer.collect();
  if (answer.status !== 200 || bytes.length !== 1024) throw new Error(`${answer.status}, ${bytes.length} bytes`);
}
