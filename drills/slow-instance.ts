import { join } from '@themis-mesh/mesh';
import { layGround } from '../bench/channel/ground.ts';
import { atLeast, atMost, figure, type Measurement } from '../scripts/measure/index.ts';
import { startFleet } from './fleet/fleet.ts';
import { applySteadyLoad } from './fleet/steady-load.ts';

const PER_SECOND = 500;
const SECONDS = 20;
const LEARNT_AFTER = 5;
const SLOW_MS = 500;

/** One of three instances takes half a second to answer: within seconds its callers leave it alone. */
export const slowInstance: Measurement = {
  name: 'slow-instance',
  summary: `one of three instances answers in ${SLOW_MS} ms: it gets under 5 % of the calls within ${LEARNT_AFTER} s`,
  async run({ print }) {
    await using ground = await layGround('client', 'server');
    const fleet = await startFleet(ground.root, [SLOW_MS, 3, 3]);
    await using client = await join({ service: 'client', home: ground.root });
    const bySecond = Array.from({ length: SECONDS + 1 }, () => ({ slow: 0, all: 0 }));
    let failures = 0;
    try {
      const calls = await applySteadyLoad({
        perSecond: PER_SECOND,
        seconds: SECONDS,
        run: async (at) => {
          // It counts when it is sent: an answer of the slow one comes later.
          const second = bySecond[Math.floor(at)];
          try {
            const by = await (await client.fetch('https://server/')).text();
            if (second !== undefined) second.all += 1;
            if (second !== undefined && by === 'i1') second.slow += 1;
          } catch {
            failures += 1;
          }
        },
      });
      print(`calls of the slow instance, second by second: ${bySecond.map(({ slow }) => slow).join(' ')}`);
      const share = (from: number): number => {
        const seconds = bySecond.slice(from);
        const all = seconds.reduce((sum, { all: count }) => sum + count, 0);
        return (seconds.reduce((sum, { slow }) => sum + slow, 0) * 100) / Math.max(1, all);
      };
      print(`its share in all ${figure(share(0))} %, after ${LEARNT_AFTER} s ${figure(share(LEARNT_AFTER))} %`);
      const worst = Math.max(...bySecond.slice(LEARNT_AFTER, SECONDS).map(({ slow, all }) => (slow * 100) / Math.max(1, all)));
      return [
        atMost(`share of the slow instance after ${LEARNT_AFTER} s`, share(LEARNT_AFTER), '%', 5),
        atMost(`its share in the worst second after ${LEARNT_AFTER} s`, worst, '%', 5),
        atMost('calls that failed', failures, 'calls', 0),
        atLeast('calls', calls, 'calls', PER_SECOND * SECONDS * 0.95),
        atLeast(
          'calls of the slow instance at all',
          bySecond.reduce((sum, { slow }) => sum + slow, 0),
          'calls',
          1,
        ),
      ];
    } finally {
      for (const script of fleet) await script.kill();
    }
  },
};
