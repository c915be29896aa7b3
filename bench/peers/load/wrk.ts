import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS } from '../ground/origin.ts';
import type { Entry, Stage } from '../contenders/contender.ts';
import { pathOf } from '../install/programs.ts';
import { runProgram } from './run-program.ts';

/** What a load of new connections saw. */
export interface ConnectionsResult {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface ConnectionsPlan {
  /** How many at a time. */
  readonly connections: number;
  readonly seconds: number;
}

/**
 * Opens a connection for each request, by one thread of wrk: its Lua runs before and after the load only, and the request is made
 * once.
 *
 * A latency is that of the request, once its connection is open. wrk puts into its latencies what requests would have waited that
 * it did not send during a stall, and does not count a request whose connection was closed on it.
 */
export async function newConnections(stage: Stage, entry: Entry, plan: ConnectionsPlan): Promise<ConnectionsResult> {
  const script = join(stage.folder, `wrk-${entry.port}.lua`);
  writeFileSync(script, luaScript(entry), { mode: 0o600 });
  const load = ['-t', '1', '-c', String(plan.connections), '-d', `${plan.seconds}s`, '--timeout', '10s', '-s', script];
  return readWrk(await runProgram(pathOf(stage.programs, 'wrk'), [...load, `http://127.0.0.1:${entry.port}/`]));
}

/** @param output of wrk with the script of {@link luaScript} @throws Error where the line of figures is missing */
export function readWrk(output: string): ConnectionsResult {
  const line = output.split('\n').find((each) => each.startsWith('RESULT '));
  const figures = line?.split(' ').slice(1).map(Number) ?? [];
  const [requests = NaN, microseconds = NaN, errors = NaN, p50 = NaN, p99 = NaN, p999 = NaN] = figures;
  if (figures.length !== 6 || figures.some(Number.isNaN)) throw new Error(`wrk gave no figures: ${output.trim()}`);
  return { requests, seconds: microseconds / 1e6, errors, p50: p50 / 1000, p99: p99 / 1000, p999: p999 / 1000 };
}

export function luaScript({ prefix, headers }: Entry): string {
  const all = { ...headers, connection: 'close' };
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
