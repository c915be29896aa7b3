import { interleave, processCpu } from '../../scripts/measure/index.ts';
import type { Carries, Pair, Stage } from './contenders/contender.ts';
import type { Runner } from './field.ts';
import { bulk } from './load/bulk.ts';
import { steadyLoad } from './load/steady.ts';
import { newConnections } from './load/wrk.ts';
import type { Row, Sample, Section } from './results.ts';

/** Sections without their rows: what is loaded how. */
export interface Load extends Omit<Section, 'rows'> {
  readonly carries: Carries;
}

export interface LoadsPlan {
  readonly rounds: number;
  readonly seconds: number;
}

/** Connections of an open loop: as many as would be open between two busy services. */
export const OPEN_LOOP_CONNECTIONS = 64;

export function loadsOf(carries: Carries, parts: readonly string[]): readonly Load[] {
  const levels = (load: Load['load'], ...all: readonly number[]): readonly Load[] =>
    all.map((level) => ({ load, carries, level }));
  return [
    ...(parts.includes(carries) ? levels('closed', 1, 16, 64, 256) : []),
    ...(parts.includes('open') ? levels('open', 1000, 4000) : []),
    ...(parts.includes('bulk') ? levels('bulk', 1) : []),
    ...(parts.includes('connections') ? levels('connections', 16) : []),
  ];
}

/**
 * Makes everybody work for a while before anything is measured: what Node.js compiles while it runs can take longer than a round
 * with one connection.
 */
export async function warmUp(runners: readonly Runner[], stage: Stage, print: (line: string) => void): Promise<void> {
  for (const { contender, pair } of runners) {
    const plan = { connections: 64, rate: 0, seconds: WARM_UP_SECONDS, onBegin: () => undefined };
    await steadyLoad(stage, pair.entry, plan).catch((error: unknown) => {
      print(`  ${contender.name} does not warm up: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

const WARM_UP_SECONDS = 3;

/** Measures one load on all runners, in turn. Whoever fails once is out of the section, with an empty row. */
export async function applyTo(
  runners: readonly Runner[],
  load: Load,
  stage: Stage,
  { rounds, seconds }: LoadsPlan,
  print: (line: string) => void,
): Promise<Section> {
  const failed = new Set<string>();
  const variant = (runner: Runner) => async (): Promise<Sample | undefined> => {
    if (failed.has(runner.contender.name)) return undefined;
    try {
      return await sample(runner.pair, load, stage, seconds);
    } catch (error) {
      failed.add(runner.contender.name);
      print(`  ${runner.contender.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const variants = Object.fromEntries(runners.map((runner) => [runner.contender.name, variant(runner)]));
  const results = await interleave(variants, { rounds });
  const rows = runners.map(({ contender: { name, kind } }): Row => {
    const samples = failed.has(name) ? [] : (results[name] ?? []).filter((each) => each !== undefined);
    return { name, kind, samples };
  });
  return { ...load, rows };
}

async function sample(pair: Pair, { load, level }: Load, stage: Stage, seconds: number): Promise<Sample> {
  let [client, server] = [cpuOf(pair.client()), cpuOf(pair.server())];
  const onBegin = (): void => {
    [client, server] = [cpuOf(pair.client()), cpuOf(pair.server())];
  };
  const used = (units: number) => ({ clientCpu: client() / units, serverCpu: server() / units });
  switch (load) {
    case 'closed':
    case 'open': {
      const [connections, rate] = load === 'open' ? [OPEN_LOOP_CONNECTIONS, level] : [level, 0];
      const result = await steadyLoad(stage, pair.entry, { connections, rate, seconds, onBegin });
      const good = successes(result.requests);
      const { p50, p99, p999, errors, unanswered } = result;
      return { perSecond: good / result.seconds, p50, p99, p999, errors, unanswered, ...used(good) };
    }
    case 'connections': {
      const result = await newConnections(stage, pair.entry, { connections: level, seconds });
      const good = successes(result.requests - result.errors);
      const { p50, p99, p999, errors } = result;
      return { perSecond: good / result.seconds, p50, p99, p999, errors, ...used(good) };
    }
    case 'bulk': {
      const { bytes, seconds: took } = await bulk(stage, pair.entry);
      return { perSecond: bytes / 1e6 / took, errors: 0, ...used(bytes / 1e6) };
    }
  }
}

/** A proxy that answers errors alone is fast, and no use. @throws Error */
function successes(count: number): number {
  if (count <= 0) throw new Error('no request succeeded');
  return count;
}

/** Begins to count; @returns microseconds since then */
function cpuOf(pids: readonly number[]): () => number {
  const meters = pids.map(processCpu);
  const total = (): number => meters.reduce((sum, meter) => sum + meter(), 0);
  const before = total();
  return () => total() - before;
}
