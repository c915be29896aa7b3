// A network of one contender, in a process of its own: `fleet.ts FILE NODES`, with orders and answers as messages.
import { VALUES, type ContenderModule, type Network } from './contender.ts';

/** What to do: so many operations, one after the other. */
export interface FleetOrder {
  readonly does: 'put' | 'get';
  readonly operations: number;
}

/** What came of it. Times in milliseconds. */
export interface FleetFigures {
  readonly times: readonly number[];
  readonly failures: number;
  /** CPU time of the whole network for one operation. */
  readonly cpu: number;
  /** Resident memory of the whole network, in MiB. */
  readonly memory: number;
}

export type FleetReply = 'ready' | FleetFigures | { readonly failed: string };

const [, , file = '', nodes = ''] = process.argv;

process.once('disconnect', () => process.exit());
start().catch(fail);

async function start(): Promise<void> {
  const contender = (await import(new URL(`./contenders/${file}`, import.meta.url).href)) as ContenderModule;
  const network = await contender.start(Number(nodes));
  for (let value = 0; value < VALUES; value++) await network.put(value, value);
  process.on('message', (order: FleetOrder) => {
    carryOut(network, order).then(reply, fail);
  });
  reply('ready');
}

async function carryOut(network: Network, { does, operations }: FleetOrder): Promise<FleetFigures> {
  const times: number[] = [];
  let failures = 0;
  const before = process.cpuUsage();
  for (let number = 0; number < operations; number++) {
    // Another node each time, and never the one that wrote last.
    const node = Math.floor(Math.random() * Number(nodes));
    const begun = performance.now();
    try {
      await network[does](node, number % VALUES);
      times.push(performance.now() - begun);
    } catch {
      failures += 1;
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { times, failures, cpu: (user + system) / 1000 / operations, memory: process.memoryUsage().rss / 1_048_576 };
}

function reply(message: FleetReply): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  reply({ failed: error instanceof Error ? error.message : String(error) });
}
