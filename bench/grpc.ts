import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client, credentials, type ChannelOptions } from '@grpc/grpc-js';
import { meshGrpc } from '@themis-mesh/grpc';
import { join } from '@themis-mesh/mesh';
import { applyLoad, atLeast, figure, interleave, ownCpu, processCpu, ratioSpread, spreadOf } from '../scripts/measure/index.ts';
import type { Goal, LoadResult, MeasureContext, Measurement } from '../scripts/measure/index.ts';
import { layGround } from './channel/ground.ts';
import { makePlainCredentials } from './channel/plain-credentials.ts';
import { call, callMesh } from './grpc/call.ts';
import type { GrpcServerOrders } from './grpc/server.ts';

const IN_FLIGHT = [1, 16, 64] as const;
const ROUNDS = 9;
const SECONDS = 0.7;
const WAYS = ['its own mutual TLS', 'through the channel', 'in plaintext', 'mesh.send in its place'] as const;

type Way = (typeof WAYS)[number];
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
  { print }: MeasureContext,
  calls: Readonly<Record<Way, Call>>,
  server: ChildProcess,
  inFlight: number,
): Promise<readonly Goal[]> {
  const meters = [ownCpu(), processCpu(server.pid ?? 0)];
  const operations = new Map<Way, number>();
  for (const way of WAYS) operations.set(way, await calibrate(calls[way], inFlight));
  const load = (way: Way) => (): Promise<LoadResult> =>
    applyLoad({ inFlight, operations: operations.get(way) ?? inFlight, run: calls[way], meters });
  const variants = Object.fromEntries(WAYS.map((way) => [way, load(way)])) as Record<Way, () => Promise<LoadResult>>;
  const results = await interleave(variants, { rounds: ROUNDS });
  print(`\n${inFlight} in flight (medians of ${ROUNDS} interleaved rounds)`);
  for (const way of WAYS) print(`  ${way.padEnd(24)}${describe(results[way])}`);
  const rates = (way: Way): readonly number[] => results[way].map(({ perSecond }) => perSecond);
  const ratio = ratioSpread(rates('through the channel'), rates('its own mutual TLS'));
  print(`  ratio: ${figure(ratio.median)} (quartiles ${figure(ratio.lowerQuartile)} to ${figure(ratio.upperQuartile)})`);
  const inPlace = ratioSpread(rates('mesh.send in its place'), rates('in plaintext'));
  print(`  mesh.send to plaintext: ${figure(inPlace.median)}`);
  const held = `calls/s of grpc-js through the channel against its own mTLS, ${inFlight} in flight`;
  const beaten = `calls/s of mesh.send with the same payload against grpc-js in plaintext, ${inFlight} in flight`;
  const goals = [atLeast(held, ratio.median, 'ratio', 0.8)];
  // One call at a time takes as long as its way there and back, whoever makes it.
  return inFlight === 1 ? goals : [...goals, atLeast(beaten, inPlace.median, 'ratio', 5)];
}

/** How many calls take about as long as a round should. */
async function calibrate(run: Call, inFlight: number): Promise<number> {
  const { perSecond } = await applyLoad({ inFlight, operations: inFlight * 50, run });
  return Math.max(inFlight, Math.ceil(perSecond * SECONDS));
}

function describe(results: readonly LoadResult[]): string {
  const median = (value: (result: LoadResult) => number): string => figure(spreadOf(results.map(value)).median);
  return [
    `${median(({ perSecond }) => perSecond)} calls/s`,
    `p50 ${median(({ latency }) => latency(50))} ms`,
    `p99 ${median(({ latency }) => latency(99))} ms`,
    `CPU ${median(({ cpuPerOperation }) => cpuPerOperation)} µs a call, both sides`,
  ].join(', ');
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
