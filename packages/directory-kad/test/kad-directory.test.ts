import { KadFleet, spanClock, testDirectory } from '@themis-mesh/testkit';

for (const count of [1, 2, 5, 20]) {
  testDirectory(`kad of ${count}`, async (t) => {
    let fleet: KadFleet | undefined;
    let opened = 0;
    t.after(() => fleet?.stop());
    return async ({ app, now = () => 0, onFork, maxInstances }) => {
      if (fleet === undefined) {
        const limits = maxInstances === undefined ? {} : { instances: maxInstances };
        fleet = new KadFleet({ clock: spanClock(now), node: { app, limits } });
        await fleet.addAll(count);
      }
      const at = Math.floor((opened * count) / 2) % count;
      opened += 1;
      return fleet.directory(at, { app, onFork });
    };
  });
}
