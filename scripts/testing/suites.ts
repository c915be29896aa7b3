import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Suites beside the unit tests live in `packages/*\/test-<suite>/`. What they need from outside npm: */
const NEEDED_PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  hostile: ['openssl'],
  interop: ['python3', 'curl'],
  namespaces: ['ip'],
  parsers: ['python3'],
};

/** The names of the suites that have tests. */
export function listSuites(root: string): readonly string[] {
  const folders = globSync('packages/*/test-*/', { cwd: root });
  return [...new Set(folders.map((folder) => folder.replace(/^.*[/\\]test-/, '').replace(/[/\\]$/, '')))].sort();
}

export function suitePattern(suite: string): string {
  return `packages/*/test-${suite}/**/*.test.ts`;
}

/** The programs that the suite needs and that are not on the PATH. */
export function missingPrograms(suite: string, path: string): readonly string[] {
  const folders = path.split(delimiter);
  return (NEEDED_PROGRAMS[suite] ?? []).filter((program) => !folders.some((folder) => isProgram(join(folder, program))));
}

/**
 * What the suite's own `ready.ts` says stands in its way, where it has one: a program that brings what the tests need, and
 * prints why it cannot.
 */
export function whyNotReady(root: string, suite: string): string | undefined {
  const said = globSync(`packages/*/test-${suite}/ready.ts`, { cwd: root }).map((file) => {
    const { status, stdout } = spawnSync(process.execPath, ['-C', 'themis-source', file], {
      ...{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    });
    return status === 0 ? stdout.trim() : `${file} failed`;
  });
  return said.find((why) => why !== '');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
