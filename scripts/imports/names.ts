import { globSync } from 'node:fs';
import { EMPTY_NAMES } from './layers.ts';
import type { Violation } from './violation.ts';

const PLACES = '{packages/*/{src,test,test-*,bin},scripts,bench,drills,examples}/**/*.{ts,mts,js,mjs}';

/** Files, and folders with files in them, whose name says nothing. */
export function findEmptyNames(root: string): readonly Violation[] {
  return globSync(PLACES, { cwd: root, exclude: (name) => name === 'node_modules' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.split('/').some((part) => EMPTY_NAMES.includes(part.replace(/\..*$/, ''))))
    .sort()
    .map((file) => ({ rule: 'empty-name', file, detail: `name it after what is inside, not ${EMPTY_NAMES.join(', ')}` }));
}
