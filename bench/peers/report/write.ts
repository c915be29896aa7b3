import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/root.ts';
import { pageText, type Page } from './page.ts';

const FOLDER = join(ROOT, 'docs', 'benchmarks');

/** Writes a page and its pictures to docs/benchmarks. @returns the page's path */
export function writePage(name: string, page: Page): string {
  mkdirSync(FOLDER, { recursive: true });
  for (const { file, svg } of page.chapters.flatMap(({ plots }) => plots)) writeFileSync(join(FOLDER, file), svg);
  writeFileSync(join(FOLDER, name), `${pageText(page).trimEnd()}\n`);
  return join('docs/benchmarks', name);
}
