import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { atLeast, ownCpu, processCpu, type Goal, type MeasureContext, type Measurement } from '../scripts/measure/index.ts';
import { makeCallers, type Call, type Way } from './channel/callers.ts';
import { layGround } from './channel/ground.ts';
import { makePlainCredentials } from './channel/plain-credentials.ts';
import type { ServerOrders } from './channel/server.ts';
import { measureWays } from './channel/ways.ts';

const IN_FLIGHT = [1, 16, 64] as const;

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
  context: MeasureContext,
  calls: Readonly<Record<Way, Call>>,
  server: ChildProcess,
  inFlight: number,
): Promise<Goal[]> {
  const meters = [ownCpu(), processCpu(server.pid ?? 0)];
  const { ratio } = await measureWays(context, { calls, inFlight, meters, unit: 'requests' });
  const { median } = ratio('mesh.send', 'node:https with plain mTLS');
  return [atLeast(`requests/s of verified calls against plain mTLS, ${inFlight} in flight`, median, 'ratio', 0.95)];
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
