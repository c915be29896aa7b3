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

/** What else keeps a suite from running on this machine; undefined where nothing does. */
export function obstacle(suite: string): string | undefined {
  if (suite !== 'namespaces') return undefined;
  const name = `themis-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'delete', name]);
  return made.status === 0 ? undefined : `network namespaces cannot be made here: ${made.stderr.trim().slice(0, 200)}`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
