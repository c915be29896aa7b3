import { once } from 'node:events';
import { checkResult } from './checks.ts';
import { Ground } from './ground/ground.ts';
import { replacements } from './ground/programs.ts';
import { HELP, readOptions, type DemoOptions } from './options.ts';
import type { DemoResult } from './result.ts';
import { Screen } from './screen.ts';
import { seeAll, type Seen } from './see.ts';
import { StepError } from './step.ts';
import { renderTable } from './table.ts';

/** The run was ended by a signal. The exit code is that of a shell: 128 and its number. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const INTERRUPTED = 130;

/**
 * Runs the demonstration.
 *
 * @returns the exit code: 0 only where everything was seen
 * @throws UsageError
 */
export async function runDemo(words: readonly string[]): Promise<number> {
  const options = readOptions(words);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const screen = new Screen(options.json ? process.stderr : process.stdout, process.env);
  const ended = new AbortController();
  const interrupt = (): void => {
    ended.abort(new Interrupted('stopped'));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await run(options, screen, ended);
  } catch (error) {
    // What was under way fails because of what ended the run: that is the reason.
    const reason: unknown = ended.signal.aborted ? ended.signal.reason : error;
    if (reason instanceof Interrupted) return INTERRUPTED;
    screen.line();
    screen.line(`${screen.bad('failed')}  ${describe(reason)}`);
    return 1;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function run(options: DemoOptions, screen: Screen, ended: AbortController): Promise<number> {
  const { signal } = ended;
  screen.line(
    `${screen.bold('Themis')}  a shop of seven services on this machine, from its founding to its table: about half a minute`,
  );
  const ground = await Ground.lay(screen, signal);
  const kill = (): void => {
    ground.kill();
  };
  // Whoever asks twice cannot wait.
  const hurry = (): void => {
    if (signal.aborted) kill();
  };
  process.once('exit', kill).prependListener('SIGINT', hurry);
  try {
    const seen = await see(ground, screen, ended);
    const leftBehind = options.keep ? undefined : await stop(screen, ground);
    const status = report({ ...seen, leftBehind, seconds: screen.seconds }, options, screen);
    if (options.keep) await explore(ground, screen, signal);
    return status;
  } finally {
    await ground.close();
    process.off('exit', kill).off('SIGINT', hurry);
  }
}

async function see(ground: Ground, screen: Screen, ended: AbortController): Promise<Seen> {
  screen.part('Ground', `a temporary home, and the command line: ${ground.homes.folder}`);
  await ground.found();
  const lanes = await ground.open((error) => {
    ended.abort(new StepError('keeping the shop running', error));
  });
  return seeAll(ground, lanes, screen, ended.signal);
}

async function stop(screen: Screen, ground: Ground): Promise<readonly string[]> {
  screen.part('End', 'every process is stopped, and the temporary home removed');
  const left = await ground.close();
  screen.tell(left.length === 0 ? 'nothing is left' : left.join('; '));
  return left;
}

/** @returns the exit code */
function report(result: DemoResult, { json }: DemoOptions, screen: Screen): number {
  const checks = checkResult(result);
  const isComplete = checks.every(({ seen }) => seen);
  screen.part('What was seen', 'latencies are those of whoever asked: a customer outside the mesh, with the way in and back');
  for (const line of renderTable(result, checks, screen)) screen.line(line);
  for (const note of replacements(result.programs)) screen.line(`${screen.dim('note')}  ${note}`);
  const missing = checks.filter(({ seen }) => !seen).length;
  screen.line(
    isComplete
      ? screen.good(`All of it was seen, in ${result.seconds.toFixed(1)} s.`)
      : screen.bad(`${missing} of ${checks.length} were not seen.`),
  );
  if (json) console.log(JSON.stringify({ seen: isComplete, checks, ...result }, null, 2));
  return isComplete ? 0 : 1;
}

/** Leaves all running until a signal asks to stop. */
async function explore({ homes, ports, log }: Ground, screen: Screen, signal: AbortSignal): Promise<void> {
  screen.part('It goes on running', 'Ctrl-C stops it and removes the temporary home');
  for (const line of [
    `export THEMIS_HOME=${homes.shop}`,
    'npx themis status',
    'npx themis find orders',
    'npx themis call catalog /products/1.json --as web',
    'npx themis call files /invoices/1.txt --as web          # refused: files lets orders alone call',
    'npx themis cert orders',
    `curl http://127.0.0.1:${ports.front}/invoices/1.txt       # a customer: web → orders → files`,
    'npx themis doctor',
    `tail -f ${log}          # what the services say`,
  ]) {
    screen.line(`  ${line}`);
  }
  if (!signal.aborted) await once(signal, 'abort');
  screen.line();
  screen.tell('stopping');
}

function describe(error: unknown): string {
  if (error instanceof StepError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
