import { percentileOf } from '../../scripts/measure/index.ts';
import type { Call } from './contender.ts';

/** Latencies in milliseconds. */
export interface LoopResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Keeps so many calls under way until the time is over. */
export async function closedLoop(call: Call, inFlight: number, seconds: number): Promise<LoopResult> {
  const latencies = new Latencies();
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const lane = async (): Promise<void> => {
    for (let start = performance.now(); start < end;) {
      await call();
      const now = performance.now();
      latencies.add(now - start);
      start = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return latencies.result((performance.now() - begin) / 1000);
}

/**
 * Calls at a fixed rate, whatever the answers do. A latency counts from when its call was due, so that a process that was busy
 * with something else does not hide what it kept waiting.
 *
 * Timers of Node.js are a millisecond apart, which is more than what is measured: the loop asks for the time in every turn of
 * the event loop instead, and keeps this process busy. So the CPU time of the client means nothing here. What a turn leaves
 * behind is collected within what is measured, so it is as little as can be: no promise, and no function of its own.
 */
export async function openLoop(call: Call, rate: number, seconds: number): Promise<LoopResult> {
  const latencies = new Latencies();
  const total = Math.round(rate * seconds);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let sent = 0;
  let answered = 0;
  const send = async (due: number): Promise<void> => {
    await call();
    latencies.add(performance.now() - due);
    answered += 1;
    if (answered === total) resolve();
  };
  const begin = performance.now();
  let due = begin;
  const turn = (): void => {
    for (const now = performance.now(); due <= now && sent < total; due = begin + (sent * 1000) / rate) {
      sent += 1;
      send(due).catch(reject);
    }
    if (sent < total) setImmediate(turn);
  };
  turn();
  await promise;
  return latencies.result((performance.now() - begin) / 1000);
}

/** Grows without moving what it holds. */
class Latencies {
  readonly #full: Float64Array[] = [];
  #last = new Float64Array(65_536);
  #size = 0;

  add(milliseconds: number): void {
    this.#last[this.#size++] = milliseconds;
    if (this.#size < this.#last.length) return;
    this.#full.push(this.#last);
    this.#last = new Float64Array(65_536);
    this.#size = 0;
  }

  result(seconds: number): LoopResult {
    const parts = [...this.#full, this.#last.subarray(0, this.#size)];
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((offset, part) => (all.set(part, offset), offset + part.length), 0);
    all.sort();
    const at = (percent: number): number => percentileOf(all, percent);
    return { requests: all.length, seconds, p50: at(50), p99: at(99), p999: at(99.9) };
  }
}
