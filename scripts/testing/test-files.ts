import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** What `npm test` runs without arguments. */
export const UNIT_TESTS: readonly string[] = ['packages/*/test/**/*.test.ts', 'scripts/test/**/*.test.ts'];

/** The words on the command line, told apart: what to run, and what is for the test runner. */
export interface TestSelection {
  readonly patterns: readonly string[];
  readonly flags: readonly string[];
}

/** @param words names of packages, paths or globs (all tests without any), and flags of `node --test`. */
export function selectTests(root: string, words: readonly string[]): TestSelection {
  const flags = words.filter((word) => word.startsWith('-'));
  const named = words.filter((word) => !word.startsWith('-')).map((word) => asPattern(root, word));
  return { patterns: named.length === 0 ? UNIT_TESTS : named, flags };
}

/** @throws UsageError where a pattern matches no file: a run of nothing would count as a success. */
export function listTestFiles(root: string, patterns: readonly string[]): readonly string[] {
  const files = new Set<string>();
  for (const pattern of patterns) {
    const matches = globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' });
    if (matches.length === 0 && !UNIT_TESTS.includes(pattern)) throw new UsageError(`no test file matches ${pattern}`);
    for (const match of matches) files.add(match);
  }
  if (files.size === 0) throw new UsageError(`no test file matches ${patterns.join(' or ')}`);
  return [...files].sort();
}

function asPattern(root: string, word: string): string {
  return existsSync(join(root, 'packages', word)) ? `packages/${word}/test/**/*.test.ts` : word;
}
