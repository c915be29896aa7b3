import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join, type Mesh } from '@themis-mesh/mesh';
import { ServiceName } from '@themis-mesh/core';
import { Pool } from 'undici';
import type { PlainCredentials } from './plain-credentials.ts';

/** One call that reads its whole answer. */
export type Call = () => Promise<unknown>;

/** The ways to call that are measured against each other. */
export interface Callers extends AsyncDisposable {
  readonly calls: Readonly<Record<Way, Call>>;
}

export type Way = 'undici over plain HTTP' | 'node:https with plain mTLS' | 'mesh.send' | 'mesh.fetch';

export interface CallersPlan {
  readonly home: string;
  readonly plain: PlainCredentials;
  readonly ports: { readonly http: number; readonly https: number };
}

export async function makeCallers({ home, plain, ports }: CallersPlan): Promise<Callers> {
  const pool = new Pool(`http://127.0.0.1:${ports.http}`, { connections: 64, pipelining: 1 });
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', ...plain, minVersion: 'TLSv1.3' });
  const options: RequestOptions = { agent, host: '127.0.0.1', servername: 'localhost', port: ports.https, path: '/charge' };
  const mesh = await join({ service: 'client', home });
  return {
    calls: {
      'undici over plain HTTP': async () => (await pool.request({ method: 'GET', path: '/charge' })).body.arrayBuffer(),
      'node:https with plain mTLS': () => callPlain(options),
      'mesh.send': () => callMesh(mesh),
      'mesh.fetch': async () => (await mesh.fetch('https://server/charge')).arrayBuffer(),
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await Promise.all([pool.close(), mesh.close()]);
    },
  };
}

function callPlain(options: RequestOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(options, (message) => {
      read(message).then(resolve, reject);
    });
    request.on('error', reject);
    request.end();
  });
}

const SERVER = ServiceName.parse('server') as ServiceName;

async function callMesh(mesh: Mesh): Promise<void> {
  const answer = await mesh.send({ service: SERVER, method: 'GET', path: '/charge', headers: [] });
  await answer.collect();
}

/** The same for both: all bytes, no copies. */
function read(message: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    message.on('data', () => undefined);
    message.once('end', resolve);
    message.once('error', reject);
  });
}
