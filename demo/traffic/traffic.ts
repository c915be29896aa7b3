import { percentileOf } from '../../scripts/measure/index.ts';
import type { DemoResult, LaneSeen } from '../result.ts';
import { runLane, Tally, type Lane } from './lane.ts';

/** Traffic on all lanes at once. */
export class Traffic {
  readonly #tallies: readonly Tally[];
  readonly #stopped = new AbortController();
  readonly #running: Promise<unknown>;

  /** Starts it. @param signal ends it too */
  constructor(lanes: readonly Lane[], signal: AbortSignal) {
    this.#tallies = lanes.map((lane) => new Tally(lane));
    const ended = AbortSignal.any([signal, this.#stopped.signal]);
    this.#running = Promise.all(this.#tallies.map((tally) => runLane(tally, ended)));
  }

  get requests(): number {
    return this.#tallies.reduce((sum, tally) => sum + tally.requests, 0);
  }

  get failed(): number {
    return this.#tallies.reduce((sum, tally) => sum + tally.failures.length, 0);
  }

  /** Starts no more requests, and waits for those under way. */
  async stop(): Promise<Pick<DemoResult, 'traffic' | 'total'>> {
    this.#stopped.abort();
    await this.#running;
    const all = this.#tallies.flatMap(({ latencies }) => latencies);
    return {
      traffic: this.#tallies.map(sumUp),
      total: { requests: this.requests, failed: this.failed, ...percentiles(all) },
    };
  }
}

/** How many of the failures of a lane are kept for people to read. */
const MOST_FAILURES = 5;

function sumUp({ lane: { name, about }, requests, latencies, failures }: Tally): LaneSeen {
  const some = failures.slice(0, MOST_FAILURES);
  return { name, about, requests, failed: failures.length, failures: some, ...percentiles(latencies) };
}

function percentiles(latencies: readonly number[]): Pick<LaneSeen, 'p50' | 'p99'> {
  if (latencies.length === 0) return { p50: undefined, p99: undefined };
  const sorted = Float64Array.from(latencies).sort();
  return { p50: percentileOf(sorted, 50), p99: percentileOf(sorted, 99) };
}
