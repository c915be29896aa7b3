import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { applyLoad, atLeast, figure, interleave, ownCpu, processCpu, ratioSpread, spreadOf } from '../scripts/measure/index.ts';
import type { Goal, LoadResult, MeasureContext, Measurement } from '../scripts/measure/index.ts';
import { makeCallers, WAYS, type Call, type Way } from './channel/callers.ts';
import { layGround } from './channel/ground.ts';
import { makePlainCredentials } from './channel/plain-credentials.ts';
import type { ServerOrders } from './channel/server.ts';

const IN_FLIGHT = [1, 16, 64] as const;
const ROUNDS = 9;
const SECONDS = 0.7;

/** In-process calls over the channel, against plain HTTP and against mutual TLS without our checks; Node at both ends. */
export const channel: Measurement = {
  name: 'channel',
  summary: 'in-process calls over the channel against plain HTTP and plain mutual TLS',
  async run(context) {
    await using ground = await layGround('client', 'server');
    const plain = makePlainCredentials();
    const server = await startServer({ home: ground.root, plain });
    try {
      await using callers = await makeCallers({ home: ground.root, plain, ports: server.ports });
      const goals: Goal[] = [];
      for (const inFlight of IN_FLIGHT) goals.push(...(await measure(context, callers.calls, server.child, inFlight)));
      return goals;
    } finally {
      server.child.kill();
    }
  },
};

async function measure(
  { print }: MeasureContext,
  calls: Readonly<Record<Way, Call>>,
  server: ChildProcess,
  inFlight: number,
): Promise<Goal[]> {
  const meters = [ownCpu(), processCpu(server.pid ?? 0)];
  const operations = Object.fromEntries(
    await Promise.all(WAYS.map(async (way) => [way, await calibrate(calls[way], inFlight)] as const)),
  );
  const load = (way: Way) => (): Promise<LoadResult> =>
    applyLoad({ inFlight, operations: operations[way] ?? inFlight, run: calls[way], meters });
  const results = await interleave(
    Object.fromEntries(WAYS.map((way) => [way, load(way)])) as Record<Way, () => Promise<LoadResult>>,
    {
      rounds: ROUNDS,
    },
  );
  print(`\n${inFlight} in flight (medians of ${ROUNDS} interleaved rounds)`);
  for (const way of WAYS) print(`  ${way.padEnd(28)}${describe(results[way])}`);
  const rates = (way: Way): readonly number[] => results[way].map(({ perSecond }) => perSecond);
  const ratio = ratioSpread(rates('mesh.send'), rates('node:https with plain mTLS'));
  print(
    `  mesh.send against plain mTLS: ${figure(ratio.median)} (quartiles ${figure(ratio.lowerQuartile)} to ${figure(ratio.upperQuartile)})`,
  );
  return [atLeast(`requests/s of verified calls against plain mTLS, ${inFlight} in flight`, ratio.median, 'ratio', 0.95)];
}

/** How many calls take about as long as a round should. */
async function calibrate(call: Call, inFlight: number): Promise<number> {
  const { perSecond } = await applyLoad({ inFlight, operations: inFlight * 50, run: call });
  return Math.max(inFlight, Math.ceil(perSecond * SECONDS));
}

function describe(results: readonly LoadResult[]): string {
  const median = (value: (result: LoadResult) => number): string => figure(spreadOf(results.map(value)).median);
  return [
    `${median(({ perSecond }) => perSecond)} requests/s`,
    `p50 ${median(({ latency }) => latency(50))} ms`,
    `p99 ${median(({ latency }) => latency(99))} ms`,
    `CPU ${median(({ cpuPerOperation }) => cpuPerOperation)} µs a request, both sides`,
  ].join(', ');
}

interface RunningServer {
  readonly child: ChildProcess;
  readonly ports: { readonly http: number; readonly https: number };
}

async function startServer(orders: ServerOrders): Promise<RunningServer> {
  const child = fork(new URL('./channel/server.ts', import.meta.url), { execArgv: process.execArgv });
  child.send(orders);
  const [ports] = (await once(child, 'message')) as [RunningServer['ports']];
  return { child, ports };
}
