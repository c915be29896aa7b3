import { once } from 'node:events';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { meshGrpc } from '@themis-mesh/grpc';
import { join, reply } from '@themis-mesh/mesh';
import type { PlainCredentials } from '../channel/plain-credentials.ts';
import { CALL } from './call.ts';

/** What the benchmark's server process is told. */
export interface GrpcServerOrders {
  readonly home: string;
  readonly plain: PlainCredentials;
}

/** 1 KiB back for every call, by gRPC's own mutual TLS, in plaintext, and by the mesh. */
const BODY = Buffer.alloc(1024, 'x');
const handlers: UntypedServiceImplementation = {
  call: (_: unknown, answer: (error: null, body: Buffer) => void) => {
    answer(null, BODY);
  },
};

process.once('message', (orders: GrpcServerOrders) => {
  void serve(orders).then((ports) => process.send?.(ports));
});

async function serve({ home, plain }: GrpcServerOrders): Promise<{ readonly tls: number; readonly plaintext: number }> {
  const mesh = await join({ service: 'server', home });
  const ours = meshGrpc(mesh).createServer();
  ours.addService({ call: CALL }, handlers);
  await ours.listen();
  const quick = mesh.createFetchServer(async (request) => {
    await request.bytes();
    return reply(BODY);
  });
  quick.listen(0);
  await once(quick, 'listening');
  const pair = { private_key: Buffer.from(plain.key), cert_chain: Buffer.from(plain.cert) };
  return {
    tls: await bind(ServerCredentials.createSsl(Buffer.from(plain.ca), [pair], true)),
    plaintext: await bind(ServerCredentials.createInsecure()),
  };
}

function bind(credentials: ServerCredentials): Promise<number> {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  server.addService({ call: CALL }, handlers);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
