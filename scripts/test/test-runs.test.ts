import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROOT } from '../root.ts';
import { FLOOR } from '../testing/floor-node.ts';
import { listSuites, missingPrograms, suitePattern } from '../testing/suites.ts';
import { listTestFiles, selectTests, UNIT_TESTS } from '../testing/test-files.ts';
import { listPackages } from '../workspace.ts';

const LAUNCH = fileURLToPath(new URL('../launch.js', import.meta.url));
const WATCHDOG = new URL('../testing/watchdog.ts', import.meta.url).href;

suite('npm test', () => {
  test('exits with 0 for tests that pass, with 1 for one that fails, and sees sources of packages', async () => {
    const passing = `test('resolves', () => assert.match(import.meta.resolve('@themis-mesh/core'), /core\\/src\\/index\\.ts$/));`;
    const failing = `test('differs', () => assert.equal(1, 2));`;
    assert.deepEqual(await runTestFile(passing), { code: 0, summary: 'ℹ pass 1 ℹ fail 0' });
    assert.deepEqual(await runTestFile(failing), { code: 1, summary: 'ℹ pass 0 ℹ fail 1' });
  });

  test('takes names of packages, paths and flags', () => {
    assert.deepEqual(selectTests(ROOT, []), { patterns: UNIT_TESTS, flags: [] });
    assert.deepEqual(selectTests(ROOT, ['core', '--test-only', 'a/b.test.ts']), {
      patterns: ['packages/core/test/**/*.test.ts', 'a/b.test.ts'],
      flags: ['--test-only'],
    });
  });

  test('refuses to run nothing', () => {
    assert.throws(() => listTestFiles(ROOT, ['no/such.test.ts']), { name: 'UsageError' });
    assert.ok(listTestFiles(ROOT, UNIT_TESTS).includes('scripts/test/test-runs.test.ts'));
  });

  test('stops a file that leaves something open', async () => {
    const { code, summary, output } = await runUnderWatchdog(`test('leaks', () => { createServer().listen(0); });`, 5);
    assert.deepEqual({ code, summary }, { code: 1, summary: 'ℹ pass 1 ℹ fail 1' });
    assert.match(output, /stopped after 5 s: .*one\.test\.mts; still open: TCPServerWrap/);
  });
});

suite('suites beside the unit tests', () => {
  test('are the folders test-NAME of packages', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-suites-'));
    for (const path of ['packages/a/test-hostile/deep', 'packages/b/test-hostile', 'packages/b/test-other', 'packages/b/test']) {
      await mkdir(join(folder.path, path), { recursive: true });
    }
    await writeFile(join(folder.path, 'packages/a/test-hostile/deep/x.test.ts'), '');
    assert.deepEqual(listSuites(folder.path), ['hostile', 'other']);
    assert.deepEqual(listTestFiles(folder.path, [suitePattern('hostile')]), ['packages/a/test-hostile/deep/x.test.ts']);
  });

  test('name the programs that they miss', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-path-'));
    const path = ['/nowhere', folder.path].join(delimiter);
    assert.deepEqual(missingPrograms('hostile', path), ['openssl']);
    await writeFile(join(folder.path, 'openssl'), '');
    await chmod(join(folder.path, 'openssl'), 0o755);
    assert.deepEqual(missingPrograms('hostile', path), []);
    assert.deepEqual(missingPrograms('other', path), []);
  });
});

suite('what a run says of its failures at its end', () => {
  test('is the title, the place and the error of each test that failed, within bounds', async () => {
    const { output } = await runUnderWatchdog(
      `for (let one = 1; one < 99; one += 1) test('test ' + one, () => assert.equal(one % 2, 0, 'odd is ' + one));`,
      60,
    );
    const told = (await whatFailed(output)).split('\n');
    assert.match(told[0] ?? '', /^✖ test 1 .*one\.test\.mts:2:\d+$/);
    assert.match(told[1] ?? '', /odd is 1/);
    assert.equal(told.filter((line) => line.startsWith('✖ test ')).length, 49);
    assert.ok(told.length < 60 + 49);
  });

  test('is what its watchdog said of a file that did not end', async () => {
    const { output } = await runUnderWatchdog(`test('leaks', () => { createServer().listen(0); });`, 1);
    assert.match(await whatFailed(output), /^stopped after 1 s: .*one\.test\.mts; still open: /);
  });

  test('is the end of the output of what is no runner of tests', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    assert.equal(await whatFailed(lines.join('\n')), lines.slice(-40).join('\n'));
  });
});

suite('the floor', () => {
  test('is the same in every package and in the launcher', async () => {
    const floor = FLOOR.replace(/\.0$/, '');
    for (const { manifest } of listPackages(ROOT)) assert.equal(manifest.engines?.['node'], `>=${floor}`, manifest.name);
    const pretend = 'data:text/javascript,Object.defineProperty(process.versions, "node", { value: "24.10.9" })';
    await assert.rejects(promisify(execFile)(process.execPath, ['--import', pretend, LAUNCH, 'test']), {
      code: 1,
      stderr: new RegExp(`need Node\\.js ${floor.replace('.', '\\.')} or newer`),
    });
  });
});

interface Outcome {
  readonly code: number | null;
  readonly summary: string;
}

async function runTestFile(text: string): Promise<Outcome> {
  // Inside the repository, where the packages are found by name.
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  await using folder = await mkdtempDisposable(join(ROOT, '.cache/test-'));
  const file = join(folder.path, 'one.test.ts');
  await writeFile(file, withImports(text));
  const { status, stdout } = spawnSync(process.execPath, [LAUNCH, 'test', file], { encoding: 'utf8' });
  return { code: status, summary: summaryOf(stdout) };
}

async function runUnderWatchdog(text: string, seconds: number): Promise<Outcome & { readonly output: string }> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-watchdog-'));
  const file = join(folder.path, 'one.test.mts');
  await writeFile(file, withImports(text));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['--import', WATCHDOG, '--test', '--test-reporter=spec', file], {
    encoding: 'utf8',
    env: { ...env, THEMIS_TEST_FILE_LIMIT: String(seconds) },
  });
  return { code: status, summary: summaryOf(stdout), output: stdout };
}

async function whatFailed(output: string): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-failed-'));
  const log = join(folder.path, 'log');
  await writeFile(log, output);
  return (await promisify(execFile)(join(ROOT, '.ci/what-failed'), [log])).stdout;
}

function withImports(text: string): string {
  return `import test from 'node:test'; import assert from 'node:assert/strict'; import { createServer } from 'node:net';\n${text}`;
}

function summaryOf(output: string): string {
  return (output.match(/^ℹ (pass|fail) \d+$/gm) ?? []).join(' ');
}
