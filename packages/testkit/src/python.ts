import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A Python that has what a suite needs, or why there is none. */
export type Python = { readonly path: string } | { readonly why: string };

const CACHE = join(import.meta.dirname, '../../../.cache');

/**
 * A Python with one package from the package index, in a folder of its own that is made once.
 *
 * @param requirement a package in one release, as pip wants it: `h11==0.16.0`. @param module what it is imported as
 */
export function pythonWith(requirement: string, module: string): Python {
  const folder = join(CACHE, `python-${module}`);
  const path = join(folder, 'bin/python');
  try {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(path)) run('python3', ['-m', 'venv', folder]);
    if (!canImport(path, module)) run(path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
    return canImport(path, module) ? { path } : { why: `${requirement} cannot be imported` };
  } catch (error) {
    const [line] = error instanceof Error ? error.message.split('\n') : [''];
    return { why: `pip cannot install ${requirement} here: ${line ?? ''}` };
  }
}

function canImport(path: string, module: string): boolean {
  try {
    run(path, ['-c', `import ${module}`]);
    return true;
  } catch {
    return false;
  }
}

function run(file: string, args: readonly string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 180_000 });
}
