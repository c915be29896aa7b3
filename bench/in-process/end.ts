// One end of a contender, in a process of its own: `end.ts serve|connect FILE`, with orders and answers as messages.
import type { ContenderModule } from './contender.ts';
import { closedLoop, openLoop, type LoopResult } from './loops.ts';

/** The first message: where things are. */
export interface Place {
  readonly home: string;
  readonly port: number;
}

/** Every other one, to a client: what to do. */
export interface Order {
  readonly load: 'closed' | 'open';
  /** Calls in flight, or calls a second. */
  readonly level: number;
  readonly seconds: number;
}

/** What comes back to a place, and to an order. */
export type Reply = { readonly port: number } | LoopResult | { readonly failed: string };

const [, , role, file = ''] = process.argv;
process.once('message', (place: Place) => {
  void start(place).catch(fail);
});
process.once('disconnect', () => {
  process.exit();
});

async function start({ home, port }: Place): Promise<void> {
  const contender = (await import(new URL(`./contenders/${file}`, import.meta.url).href)) as ContenderModule;
  if (role === 'serve') return reply({ port: await contender.serve(home) });
  const call = await contender.connect({ home, port });
  const answer = await call();
  const isBytes = answer instanceof ArrayBuffer || answer instanceof Uint8Array;
  if (!isBytes || answer.byteLength !== 1024) throw new Error('not the answer');
  process.on('message', ({ load, level, seconds }: Order) => {
    (load === 'closed' ? closedLoop : openLoop)(call, level, seconds).then(reply, fail);
  });
  reply({ port });
}

function reply(message: Reply): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  reply({ failed: error instanceof Error ? `${error.message}` : String(error) });
}
