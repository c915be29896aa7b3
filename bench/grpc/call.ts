import type { Client, MethodDefinition } from '@grpc/grpc-js';

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
