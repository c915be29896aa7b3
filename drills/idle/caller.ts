/**
 * Knows some services, and calls the first of them: `caller.ts HOME found|called NAME…`. It finds the instances of each, or calls
 * each once besides, which leaves a tunnel to it; then it says `ready`. At each number that it is sent it makes so many calls to
 * the first, and says what they took.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { TargetName } from '@themis-mesh/core';
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

const [home = '', how, ...names] = process.argv.slice(2);
const mesh = await join({ service: 'caller', home });
const first = `${names[0]}`;
await call(first);
for (const name of names) await (how === 'called' ? call(name) : find(name));
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

async function find(name: string): Promise<void> {
  const service = TargetName.parse(name);
  const found = service === undefined ? [] : await mesh.channels.targets(service, 'themis-http/1');
  if (found.length === 0) throw new TypeError(`no instance of ${name}`);
}
