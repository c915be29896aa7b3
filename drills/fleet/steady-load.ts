import { setTimeout as delay } from 'node:timers/promises';

export interface SteadyLoad {
  readonly perSecond: number;
  readonly seconds: number;
  /** Never waits for the one before. @param at seconds since the beginning */
  readonly run: (at: number) => Promise<unknown>;
}

/** Begins so many operations a second (an open loop), and resolves when the last has ended. @returns how many there were */
export async function applySteadyLoad({ perSecond, seconds, run }: SteadyLoad): Promise<number> {
  const start = performance.now();
  const all: Promise<unknown>[] = [];
  for (let at = 0; at < seconds; at = (performance.now() - start) / 1000) {
    while (all.length < at * perSecond) all.push(run(at));
    await delay(2);
  }
  await Promise.allSettled(all);
  return all.length;
}
