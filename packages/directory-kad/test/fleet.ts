import type { TestContext } from 'node:test';
import { KadFleet, ManualClock, seededChance, Signers, type KadFleetOptions } from '@themis-mesh/testkit';
import { VirtualTime } from './virtual-time.ts';

/** A fleet in virtual time, and who signs records for it. */
export interface Scene {
  readonly signers: Signers;
  readonly fleet: KadFleet;
  readonly time: VirtualTime;
}

/** @param count nodes, which have all found each other */
export async function scene(t: TestContext, count: number, options: Partial<KadFleetOptions> = {}): Promise<Scene> {
  const clock = new ManualClock();
  const signers = await Signers.create(clock);
  const time = new VirtualTime(clock);
  const fleet = new KadFleet({
    clock: time,
    chance: seededChance(count),
    ...options,
    node: { app: signers.app.id, ...options.node },
  });
  t.after(() => fleet.stop());
  await time.until(fleet.addAll(count));
  return { signers, fleet, time };
}
