/**
 * Calls each of some services once, so that it knows them: `caller.ts HOME NAME…`. It says `ready`. Then, at each number that
 * it is sent, so many calls to the first of them, and says what they took.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { join } from '@themis-mesh/mesh';
import { applyLoad } from '../../scripts/measure/index.ts';
import { ANSWER } from './answer.ts';

export interface Took {
  readonly perSecond: number;
  /** Microseconds of CPU a call, of this process alone. */
  readonly cpu: number;
}

const IN_FLIGHT = 16;
/** A service that nobody asks for is no longer watched after 30 s. */
const SETTLING_MS = 35_000;

const [home = '', ...names] = process.argv.slice(2);
const mesh = await join({ service: 'caller', home });
for (const name of names) await call(name);
const first = `${names[0]}`;
process.on('message', (operations: number) => {
  void applyLoad({ inFlight: IN_FLIGHT, operations, run: () => call(first) }).then(({ perSecond, cpuPerOperation }) =>
    process.send?.({ perSecond, cpu: cpuPerOperation } satisfies Took),
  );
});
await delay(SETTLING_MS);
// What was left of meeting the peers is not part of a call.
globalThis.gc?.();
process.send?.('ready');
process.once('disconnect', () => process.exit());

async function call(name: string): Promise<void> {
  const response = await mesh.fetch(`https://${name}/`);
  const { byteLength } = await response.arrayBuffer();
  if (byteLength !== ANSWER.length) throw new TypeError(`an answer of ${byteLength} bytes`);
}
