import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool, request } from 'undici';
import { answer } from '../answer.ts';
import type { Call } from '../contender.ts';

/** Plain HTTP, as fast as Node.js programs speak it: what a call over the mesh replaces. */
export async function serve(): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function connect({ port }: { readonly port: number }): Promise<Call> {
  const url = `http://127.0.0.1:${port}`;
  const dispatcher = new Pool(url, { connections: 64, pipelining: 1 });
  return async () => (await request(`${url}/charge`, { dispatcher })).body.arrayBuffer();
}
