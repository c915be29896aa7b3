import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tarball } from './pack.ts';

/** The quick start of the README, which is tried in an empty folder where the packages are installed. */
const QUICK_START = 'examples/quick-start';
const QUICK_START_FILES = ['quick-start.mjs', 'quick-start.js', 'quick-start.ts'];

/** Puts the programs to try into a project; returns their names. */
export function placePrograms(root: string, project: string, tarballs: readonly Tarball[]): readonly string[] {
  writeFileSync(join(project, 'load-all.mjs'), loadAll(tarballs));
  const found = QUICK_START_FILES.find((file) => existsSync(join(root, QUICK_START, file)));
  if (found === undefined) return ['load-all.mjs'];
  cpSync(join(root, QUICK_START), project, { recursive: true, filter: (path) => !path.endsWith('package.json') });
  return ['load-all.mjs', found];
}

/** @throws Error where the program fails or takes longer than two minutes. */
export function tryProgram(node: string, project: string, words: readonly string[]): void {
  // A user has none of the settings of this repository: not our export condition, not npm's variables.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|NODE_PATH$)/i.test(name)));
  execFileSync(node, words, { cwd: project, env, stdio: ['ignore', 'inherit', 'inherit'], timeout: 120_000 });
}

/** Compiles a program that takes every export with its type, without our condition and without skipping our declarations. */
export function tryTypes(root: string, project: string, tarballs: readonly Tarball[]): void {
  const lines = tarballs.map(
    ({ name }, index) => `import * as p${index} from '${name}';\nexport const used${index}: object = p${index};`,
  );
  writeFileSync(join(project, 'types.ts'), `${lines.join('\n')}\n`);
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2024', strict: true, noEmit: true, skipLibCheck: false },
    ...{ lib: readLibrary(root), types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  tryProgram(process.execPath, project, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]);
}

function loadAll(tarballs: readonly Tarball[]): string {
  const names = JSON.stringify(tarballs.map(({ name }) => name));
  return `for (const name of ${names}) console.log(name, Object.keys(await import(name)).length, 'exports');\n`;
}

function readLibrary(root: string): unknown {
  const base = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8')) as { compilerOptions: { lib: unknown } };
  return base.compilerOptions.lib;
}
