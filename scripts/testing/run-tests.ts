import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface TestRun {
  readonly root: string;
  readonly files: readonly string[];
  /** Flags of `node --test` beside ours. */
  readonly flags?: readonly string[];
  /** The Node.js that runs the tests; this process's by default. */
  readonly node?: string;
  /** Seconds that one file may take. */
  readonly fileLimit?: number;
}

/** Seconds: a whole run beyond this is killed, for a file that loops without ever yielding to its own watchdog. */
const RUN_LIMIT = 20 * 60;

/**
 * Runs test files with Node's runner, one process a file, on the packages' sources.
 *
 * @returns the exit code of the runner; 1 where it was killed.
 */
export async function runTests(run: TestRun): Promise<number> {
  const fileLimit = run.fileLimit ?? 300;
  const child = spawn(
    run.node ?? process.execPath,
    [
      // The runner hands these to the process of each file.
      ...['-C', 'themis-source', '--import', new URL('./watchdog.ts', import.meta.url).href],
      // A test that hangs is ended before its file is, so that it is the test that is named.
      ...['--test', '--test-reporter=spec', `--test-timeout=${String(fileLimit * 500)}`],
      `--test-concurrency=${String(Math.max(2, availableParallelism()))}`,
      ...(run.flags ?? []),
      ...run.files,
    ],
    { cwd: run.root, stdio: 'inherit', env: environment(run.root, fileLimit), timeout: RUN_LIMIT * 1000 },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

function environment(root: string, fileLimit: number): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, THEMIS_TEST_FILE_LIMIT: String(fileLimit) };
  // What the process of each file spends most of its start on is to strip and compile the same sources.
  environment['NODE_COMPILE_CACHE'] ??= join(root, '.cache', 'compile');
  // Node's runner refuses to start inside another one, which is where our own tests start it.
  delete environment['NODE_TEST_CONTEXT'];
  return environment;
}
