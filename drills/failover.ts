import { join } from '@themis-mesh/mesh';
import { layGround } from '../bench/channel/ground.ts';
import { atLeast, atMost, figure, percentileOf, type Measurement } from '../scripts/measure/index.ts';
import { startFleet } from './fleet/fleet.ts';
import { applySteadyLoad } from './fleet/steady-load.ts';

const PER_SECOND = 500;
const SECONDS = 12;
const KILLED_AT = 4;

/** Kill -9 of one of three instances under load: idempotent calls that it had are sent elsewhere, and no caller sees it. */
export const failover: Measurement = {
  name: 'failover',
  summary: `kill -9 of one of three instances under ${PER_SECOND} idempotent calls a second: none fails`,
  async run({ print }) {
    await using ground = await layGround('client', 'server');
    const fleet = await startFleet(ground.root, [3, 3, 3]);
    await using client = await join({ service: 'client', home: ground.root });
    const [victim] = fleet;
    const failures: string[] = [];
    const latencies: number[] = [];
    const answered = new Map<string, { before: number; after: number }>();
    let killed: Promise<void> | undefined;
    try {
      const calls = await applySteadyLoad({
        perSecond: PER_SECOND,
        seconds: SECONDS,
        run: async (at) => {
          if (at >= KILLED_AT) killed ??= victim?.kill('SIGKILL');
          const start = performance.now();
          try {
            const response = await client.fetch('https://server/');
            const by = await response.text();
            if (response.status !== 200) throw new Error(`status ${response.status}`);
            const count = answered.get(by) ?? { before: 0, after: 0 };
            count[at < KILLED_AT ? 'before' : 'after'] += 1;
            answered.set(by, count);
          } catch (error) {
            failures.push(String(error));
          }
          latencies.push(performance.now() - start);
        },
      });
      await killed;
      for (const failure of failures.slice(0, 10)) print(failure);
      for (const [by, { before, after }] of [...answered].sort())
        print(`${by}: ${before} answers before the kill, ${after} after`);
      const sorted = Float64Array.from(latencies).sort();
      print(
        `p50 ${figure(percentileOf(sorted, 50))} ms, p99 ${figure(percentileOf(sorted, 99))} ms, slowest ${figure(sorted.at(-1) ?? 0)} ms`,
      );
      return [
        atMost('calls that failed', failures.length, 'calls', 0),
        atLeast('calls', calls, 'calls', PER_SECOND * SECONDS * 0.95),
        atLeast('answers of the instance before it was killed', answered.get('i1')?.before ?? 0, 'answers', 100),
        atLeast('instances that answered', answered.size, 'instances', 3),
      ];
    } finally {
      for (const script of fleet) await script.kill();
    }
  },
};
