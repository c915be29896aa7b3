import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A TypeScript file and what it imports. */
export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  /** What is published (`src`), or what is run in the repository only. */
  readonly published: boolean;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** The TypeScript files of a package: those of `src`, `test` and `test-<suite>`. */
export function readPackageSources(root: string, folder: string): readonly SourceFile[] {
  const published = readSources(root, `packages/${folder}/src/**/*.ts`, true);
  return [...published, ...readSources(root, `packages/${folder}/{test,test-*}/**/*.ts`, false)];
}

/** Files that belong to no package: examples, benchmarks, drills. */
export function readLooseSources(root: string): readonly SourceFile[] {
  return readSources(root, '{bench,drills,examples}/**/*.{ts,mts,js,mjs}', false);
}

function readSources(root: string, pattern: string, published: boolean): readonly SourceFile[] {
  return globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, published, imports: readImports(readFileSync(join(root, path), 'utf8')) }));
}

/** Static and dynamic imports, re-exports and imports of types. */
export function readImports(text: string): readonly Import[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName, pos }) => ({
    specifier: fileName,
    line: text.slice(0, pos).split('\n').length,
  }));
}
