import { join as joinPath } from 'node:path';
import { Script } from '@themis-mesh/testkit';
import { ROOT } from '../../scripts/root.ts';

const INSTANCE = joinPath(ROOT, 'drills/fleet/instance.ts');

/** Starts instances of `server` as processes. @param delays how long each takes to answer, in milliseconds */
export async function startFleet(home: string, delays: readonly number[]): Promise<readonly Script[]> {
  const fleet = delays.map((delay, index) => new Script(INSTANCE, [home, `i${index + 1}`, String(delay)]));
  await Promise.all(fleet.map((script) => script.said('ready')));
  return fleet;
}
