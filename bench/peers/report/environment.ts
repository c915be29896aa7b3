import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What was measured on. */
export interface Environment {
  readonly processor: string;
  readonly memory: string;
  readonly system: string;
  /** Before and after, of one minute: above the load's own two or three, something else ran too. */
  readonly load: readonly [before: number, after: number];
  readonly date: string;
}

/** Taken before; what it returns is called after. */
export function observeEnvironment(): () => Environment {
  const [before = NaN] = loadavg();
  return () => ({
    processor: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${systemName()}, Linux ${release()}`,
    load: [before, loadavg()[0] ?? NaN],
    date: new Date().toISOString().slice(0, 10),
  });
}

/** What a reader has to be told where a run was too short, or not alone. Empty where nothing is wrong with it. */
export function cautionOf({ load: [before] }: Environment, rounds: number): string {
  const reasons = [
    ...(before > availableParallelism() ? ['the machine was busy with other work'] : []),
    ...(rounds < FEWEST_ROUNDS ? [`${rounds} rounds are few`] : []),
  ];
  return reasons.length === 0 ? '' : `**A trial run: ${reasons.join(', and ')}. Take no figure here for the last word.**`;
}

const FEWEST_ROUNDS = 5;

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
