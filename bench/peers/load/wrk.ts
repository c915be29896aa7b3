import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS } from '../ground/origin.ts';
import type { Entry, Stage } from '../contenders/contender.ts';
import { pathOf } from '../install/programs.ts';
import { runProgram } from './run-program.ts';

/** What a closed loop saw. */
export interface ClosedLoopResult {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface ClosedLoopPlan {
  readonly connections: number;
  readonly seconds: number;
  /** Whether each request comes on a connection of its own. */
  readonly reconnect?: boolean;
}

/**
 * Keeps `connections` requests under way, by one thread of wrk: its Lua runs before and after the load only, and the request is
 * made once.
 */
export async function closedLoop({ folder, programs }: Stage, entry: Entry, plan: ClosedLoopPlan): Promise<ClosedLoopResult> {
  const script = join(folder, `wrk-${entry.port}${plan.reconnect === true ? '-reconnect' : ''}.lua`);
  writeFileSync(script, luaScript(entry, plan.reconnect === true), { mode: 0o600 });
  const load = ['-t', '1', '-c', String(plan.connections), '-d', `${plan.seconds}s`, '--timeout', '10s', '-s', script];
  return readWrk(await runProgram(pathOf(programs, 'wrk'), [...load, `http://127.0.0.1:${entry.port}/`]));
}

/** @param output of wrk with the script of {@link luaScript} @throws Error where the line of figures is missing */
export function readWrk(output: string): ClosedLoopResult {
  const line = output.split('\n').find((each) => each.startsWith('RESULT '));
  const figures = line?.split(' ').slice(1).map(Number) ?? [];
  const [requests = NaN, microseconds = NaN, errors = NaN, p50 = NaN, p99 = NaN, p999 = NaN] = figures;
  if (figures.length !== 6 || figures.some(Number.isNaN)) throw new Error(`wrk gave no figures: ${output.trim()}`);
  return { requests, seconds: microseconds / 1e6, errors, p50: p50 / 1000, p99: p99 / 1000, p999: p999 / 1000 };
}

export function luaScript({ prefix, headers }: Entry, reconnect: boolean): string {
  const all = { ...headers, ...(reconnect ? { connection: 'close' } : {}) };
  const fields = Object.entries(all).map(([name, value]) => `wrk.headers[${lua(titled(name))}] = ${lua(value)}`);
  return `wrk.path = ${lua(prefix + PATHS.small)}
${fields.join('\n')}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
`;
}

/** wrk sets a Host of its own unless the table has one, whose keys are compared as they are written. */
function titled(name: string): string {
  return name.replace(/^./, (letter) => letter.toUpperCase());
}

function lua(text: string): string {
  return JSON.stringify(text);
}
