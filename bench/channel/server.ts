import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { constants } from 'node:crypto';
import { join } from '@themis-mesh/mesh';
import type { PlainCredentials } from './plain-credentials.ts';

/** What the benchmark's server process is told. */
export interface ServerOrders {
  readonly home: string;
  readonly plain: PlainCredentials;
}

/** 1 KiB back for every request, by plain HTTP, by plain mutual TLS and by the mesh. */
const BODY = Buffer.alloc(1024, 'x');
const answer: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': BODY.length });
  response.end(BODY);
};

process.once('message', (orders: ServerOrders) => {
  void serve(orders).then((ports) => process.send?.(ports));
});

async function serve({ home, plain }: ServerOrders): Promise<{ readonly http: number; readonly https: number }> {
  const mesh = await join({ service: 'server', home });
  const meshServer = mesh.createServer(answer);
  meshServer.keepAliveTimeout = 60_000;
  meshServer.listen(0);
  await once(meshServer, 'listening');
  const http = createServer({ keepAliveTimeout: 60_000 }, answer).listen(0, '127.0.0.1');
  const tls = { ...plain, requestCert: true, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', ...GROUPS } as const;
  const https = createTlsServer({ keepAliveTimeout: 60_000, ...tls }, answer).listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(https, 'listening')]);
  return { http: portOf(http.address()), https: portOf(https.address()) };
}

const GROUPS = { ecdhCurve: 'X25519MLKEM768:X25519:P-256', secureOptions: constants.SSL_OP_NO_TICKET };

function portOf(address: string | AddressInfo | null): number {
  return (address as AddressInfo).port;
}
