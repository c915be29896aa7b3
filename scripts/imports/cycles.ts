import { posix } from 'node:path';
import type { SourceFile } from './source-file.ts';
import type { Violation } from './violation.ts';

/** Circles of files that import each other, imports of types included; each circle once. */
export function findCycles(files: readonly SourceFile[]): readonly Violation[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const finished = new Set<string>();
  const violations: Violation[] = [];

  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      const circle = [...trail.slice(start), path];
      violations.push({ rule: 'cycle', file: path, detail: circle.map((step) => posix.basename(step)).join(' → ') });
      return;
    }
    if (finished.has(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...trail, path]);
    finished.add(path);
  };

  for (const path of targets.keys()) walk(path, []);
  return violations;
}

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier));
}
