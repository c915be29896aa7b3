import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, '..', 'load');

/** Compiles one of our load programs into `load/`, unless that was done. @throws Error where there is no C compiler */
export function compileLoad(cache: string, name: string): void {
  const source = join(SOURCES, `${name}.c`);
  const target = join(cache, 'load', name);
  if (changedAt(target) > changedAt(source)) return;
  mkdirSync(join(cache, 'load'), { recursive: true });
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', target, source], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}
