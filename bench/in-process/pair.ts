import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processCpu } from '../../scripts/measure/index.ts';
import { layGround } from '../channel/ground.ts';
import type { NodeRelease } from '../peers/node-releases.ts';
import type { Sample } from '../peers/results.ts';
import type { CatalogEntry } from './catalog.ts';
import { CLIENT, SERVER } from './contender.ts';
import type { Order, Place, Reply } from './end.ts';

/** The two processes of a contender. */
export interface EndPair extends AsyncDisposable {
  readonly name: string;
  readonly run: (order: Order) => Promise<Sample>;
}

export async function startPair({ name, file }: CatalogEntry, node: NodeRelease): Promise<EndPair> {
  await using started = new AsyncDisposableStack();
  const ground = started.use(await layGround(CLIENT, SERVER));
  const start = (role: 'serve' | 'connect'): ChildProcess => {
    const end = fileURLToPath(new URL('./end.ts', import.meta.url));
    const child = fork(end, [role, file], { execPath: node.path, execArgv: ['-C', 'themis-source', '--no-warnings'] });
    started.defer(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    });
    return child;
  };
  const server = start('serve');
  const { port } = (await ask(server, { home: ground.root, port: 0 })) as { readonly port: number };
  const client = start('connect');
  await ask(client, { home: ground.root, port });
  const live = started.move();
  const run = async (order: Order): Promise<Sample> => {
    const meters = [client, server].map(({ pid }) => processCpu(pid ?? 0));
    const before = meters.map((meter) => meter());
    const result = await ask(client, order);
    if (!('p50' in result)) throw new Error('no figures came back');
    const [clientCpu = NaN, serverCpu = NaN] = meters.map((meter, side) => (meter() - (before[side] ?? NaN)) / result.requests);
    const { requests, seconds, p50, p99, p999 } = result;
    return { perSecond: requests / seconds, p50, p99, p999, clientCpu, serverCpu, errors: 0 };
  };
  return { name, run, [Symbol.asyncDispose]: () => live.disposeAsync() };
}

/** @throws Error what went wrong there, or where it ended */
async function ask(child: ChildProcess, message: Place | Order): Promise<Exclude<Reply, { readonly failed: string }>> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(
    () => Promise.reject(new Error('the process ended')),
    () => new Promise<never>(() => undefined),
  );
  const answer = once(child, 'message', { signal });
  child.send(message);
  const [reply] = (await Promise.race([answer, ended]).finally(() => {
    over.abort();
  })) as [Reply];
  if ('failed' in reply) throw new Error(reply.failed);
  return reply;
}
