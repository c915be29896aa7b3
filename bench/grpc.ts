import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client, credentials, type ChannelOptions } from '@grpc/grpc-js';
import { meshGrpc } from '@themis-mesh/grpc';
import { join } from '@themis-mesh/mesh';
import { atLeast, ownCpu, processCpu, type Goal, type MeasureContext, type Measurement } from '../scripts/measure/index.ts';
import { layGround } from './channel/ground.ts';
import { makePlainCredentials } from './channel/plain-credentials.ts';
import { measureWays } from './channel/ways.ts';
import { call, callMesh } from './grpc/call.ts';
import type { GrpcServerOrders } from './grpc/server.ts';

const IN_FLIGHT = [1, 16, 64] as const;

type Way = 'its own mutual TLS' | 'through the channel' | 'in plaintext' | 'mesh.send in its place';
type Call = () => Promise<void>;

/** Unary calls of @grpc/grpc-js, 1 KiB back, over channels and over its own mutual TLS; Node at both ends. */
export const grpc: Measurement = {
  name: 'grpc',
  summary: 'calls of @grpc/grpc-js through the channel against its own mutual TLS',
  async run(context) {
    // The suite of the channel for both, where the machine's order might be another.
    process.env['GRPC_SSL_CIPHER_SUITES'] = 'TLS_AES_128_GCM_SHA256';
    await using ground = await layGround('client', 'server');
    const plain = makePlainCredentials();
    const server = await startServer({ home: ground.root, plain });
    await using mesh = await join({ service: 'client', home: ground.root });
    const ours = meshGrpc(mesh);
    const [ca, key, cert] = [plain.ca, plain.key, plain.cert].map((pem) => Buffer.from(pem));
    const tls = credentials.createSsl(ca, key, cert);
    const options: ChannelOptions = { 'grpc.enable_channelz': 0, 'grpc.ssl_target_name_override': 'localhost' };
    const clients = {
      'its own mutual TLS': new Client(`127.0.0.1:${server.ports.tls}`, tls, options),
      'through the channel': new Client(ours.target('server'), ours.credentials, { 'grpc.enable_channelz': 0 }),
      'in plaintext': new Client(`127.0.0.1:${server.ports.plaintext}`, credentials.createInsecure(), options),
    };
    const calls: Readonly<Record<Way, Call>> = {
      'its own mutual TLS': () => call(clients['its own mutual TLS']),
      'through the channel': () => call(clients['through the channel']),
      'in plaintext': () => call(clients['in plaintext']),
      'mesh.send in its place': () => callMesh(mesh),
    };
    try {
      const goals: Goal[] = [];
      for (const inFlight of IN_FLIGHT) goals.push(...(await measure(context, calls, server.child, inFlight)));
      return goals;
    } finally {
      for (const client of Object.values(clients)) client.close();
      server.child.kill();
    }
  },
};

async function measure(
  context: MeasureContext,
  calls: Readonly<Record<Way, Call>>,
  server: ChildProcess,
  inFlight: number,
): Promise<readonly Goal[]> {
  const meters = [ownCpu(), processCpu(server.pid ?? 0)];
  const { ratio } = await measureWays(context, { calls, inFlight, meters, unit: 'calls' });
  const own = ratio('through the channel', 'its own mutual TLS').median;
  const inPlace = ratio('mesh.send in its place', 'in plaintext').median;
  const held = `calls/s of grpc-js through the channel against its own mTLS, ${inFlight} in flight`;
  const beaten = `calls/s of mesh.send with the same payload against grpc-js in plaintext, ${inFlight} in flight`;
  const goals = [atLeast(held, own, 'ratio', 0.8)];
  // One call at a time takes as long as its way there and back, whoever makes it.
  return inFlight === 1 ? goals : [...goals, atLeast(beaten, inPlace, 'ratio', 5)];
}

interface RunningServer {
  readonly child: ChildProcess;
  readonly ports: { readonly tls: number; readonly plaintext: number };
}

async function startServer(orders: GrpcServerOrders): Promise<RunningServer> {
  const child = fork(new URL('./grpc/server.ts', import.meta.url), { execArgv: process.execArgv });
  child.send(orders);
  const [ports] = (await once(child, 'message')) as [RunningServer['ports']];
  return { child, ports };
}
