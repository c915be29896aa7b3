import { ExitCode, run } from '@stricli/core';
import { ThemisError } from '@themis-mesh/core';
import { buildCli } from './app.ts';
import { complete } from './complete.ts';
import type { CliContext } from './context.ts';
import { Problems } from './problems.ts';
import { reportError } from './output/report-error.ts';
import { COMPLETE, ownWords, requirePlainWords, withHomeBehind } from './words.ts';

/** What the command line needs of the process that it runs in. */
export type World = Omit<CliContext, 'process'>;

/**
 * Runs what the words ask for.
 *
 * @returns the exit code: 0 good, 1 failed, 2 not understood; of a command that runs a program, that program's
 */
export async function runCli(words: readonly string[], world: World): Promise<number> {
  const problems = new Problems();
  const process: CliContext['process'] = {
    stdout: { write: (text) => world.out.stream.write(text), getColorDepth: () => (world.out.paint.isOn ? 4 : 1) },
    // What is wrong is told below, in one form for all.
    stderr: { write: () => undefined },
  };
  try {
    requirePlainWords(words);
    if (words[0] === COMPLETE) await complete(words.slice(1), { ...world, process });
    else await run(buildCli(problems.text), withHomeBehind(words), { ...world, process });
  } catch (error) {
    problems.failed(error);
  }
  const [problem] = problems.found;
  if (problem === undefined) return exitCode(process.exitCode);
  const form = { json: asksForJson(words), debug: (world.environment['THEMIS_DEBUG'] ?? '') !== '' };
  if (!isBrokenPipe(problem.error)) reportError(world.err, problem.error, form);
  return problem.isMisunderstanding ? 2 : 1;
}

function exitCode(code: CliContext['process']['exitCode']): number {
  if (typeof code !== 'number') return 0;
  if (code === ExitCode.UnknownCommand || code === ExitCode.InvalidArgument) return 2;
  return code < 0 ? 1 : code;
}

function asksForJson(words: readonly string[]): boolean {
  return ownWords(words).includes('--json');
}

/** Whoever read the output has seen enough: nobody is left to be told. */
function isBrokenPipe(error: unknown): boolean {
  return !ThemisError.is(error) && error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
