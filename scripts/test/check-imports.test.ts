import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { suite } from 'node:test';
import { checkImports } from '../imports/check-imports.ts';
import { readImports } from '../imports/source-file.ts';
import { describeViolation } from '../imports/violation.ts';

type Tree = Readonly<Record<string, string>>;

const SOUND: Tree = {
  'package.json': JSON.stringify({ name: 'root', devDependencies: { 'fast-check': '1.0.0' } }),
  ...packageOf('core', []),
  'packages/core/src/index.ts': `export { hash } from './hash.ts';`,
  'packages/core/src/hash.ts': `import { createHash } from 'node:crypto'; export const hash = createHash;`,
  'packages/core/test/hash.test.ts': `import fc from 'fast-check'; import '../src/hash.ts'; import '@themis-mesh/core';`,
  ...packageOf('storage', ['core']),
  'packages/storage/src/index.ts': `import { readFile } from 'node:fs/promises'; export type { hash } from '@themis-mesh/core';`,
  ...packageOf('directory', ['core', 'storage']),
  'packages/directory/src/index.ts': `export * from '@themis-mesh/core'; export * from '@themis-mesh/storage';`,
  ...packageOf('channel', ['core']),
  'packages/channel/src/index.ts': `const core = await import('@themis-mesh/core');`,
  'packages/core/test/kit.test.ts': `import '@themis-mesh/kit';`,
  'packages/kit/package.json': JSON.stringify({ name: '@themis-mesh/kit', private: true }),
  'packages/kit/tsconfig.json': '{}',
  'packages/kit/src/index.ts': `import 'fast-check';`,
  'examples/one.ts': `import '@themis-mesh/channel'; import './two.ts';`,
};

/** Each row: what is put into the sound tree, and the one violation that it makes. */
const DEFECTS: readonly (readonly [name: string, change: Tree, expected: RegExp])[] = [
  [
    'a package imports a higher one',
    { ...packageOf('core', ['storage']), 'packages/core/src/up.ts': `import '@themis-mesh/storage';` },
    /^packages\/core\/src\/up\.ts:1 {2}layer {2}core may not import storage$/,
  ],
  [
    'a package imports one of its own layer',
    {
      ...packageOf('channel', ['core', 'directory']),
      'packages/channel/src/side.ts': `\nimport type {} from '@themis-mesh/directory';`,
    },
    /^packages\/channel\/src\/side\.ts:2 {2}layer/,
  ],
  [
    'a test imports a higher package',
    { ...packageOf('core', ['storage']), 'packages/core/test/up.test.ts': `import '@themis-mesh/storage';` },
    /^packages\/core\/test\/up\.test\.ts:1 {2}layer/,
  ],
  [
    'a package without a layer imports another',
    { ...packageOf('novel', ['core']), 'packages/novel/src/index.ts': `import '@themis-mesh/core';` },
    /layer {2}packages\/novel has no place/,
  ],
  [
    'source imports what serves tests',
    { 'packages/core/src/odd.ts': `import '@themis-mesh/kit';` },
    /^packages\/core\/src\/odd\.ts:1 {2}layer {2}kit is private/,
  ],
  [
    'a deep import by name',
    { 'packages/storage/src/deep.ts': `import '@themis-mesh/core/src/hash.ts';` },
    /^packages\/storage\/src\/deep\.ts:1 {2}deep-import/,
  ],
  [
    'a deep import by path',
    { 'packages/storage/src/deep.ts': `export * from '../../core/src/hash.ts';` },
    /deep-import {2}\.\.\/\.\.\/core\/src\/hash\.ts leads out of packages\/storage\/src$/,
  ],
  [
    'source imports a test',
    { 'packages/core/src/odd.ts': `import '../test/hash.test.ts';` },
    /deep-import {2}\.\.\/test\/hash\.test\.ts leads out of packages\/core\/src$/,
  ],
  [
    'an example reaches into a package',
    { 'examples/deep.mjs': `import '../packages/core/src/index.ts';` },
    /^examples\/deep\.mjs:1 {2}deep-import/,
  ],
  [
    'a dependency that is not declared',
    { 'packages/channel/package.json': manifestOf('channel', []) },
    /^packages\/channel\/src\/index\.ts:1 {2}undeclared {2}@themis-mesh\/core/,
  ],
  [
    'a reference that is missing',
    { 'packages/channel/tsconfig.json': JSON.stringify({ references: [] }) },
    /^packages\/channel\/src\/index\.ts:1 {2}reference/,
  ],
  [
    'source imports what only the repository installs',
    { 'packages/core/src/odd.ts': `import 'fast-check';` },
    /^packages\/core\/src\/odd\.ts:1 {2}undeclared {2}fast-check/,
  ],
  ['core reads a file', { 'packages/core/src/odd.ts': `import 'node:fs';` }, /builtin {2}core is pure .* not node:fs$/],
  ['a part of Node.js without node:', { 'packages/storage/src/odd.ts': `import 'fs';` }, /builtin {2}write node:fs$/],
  ['a file that is not there', { 'packages/core/src/odd.ts': `import './hash.js';` }, /missing-file {2}\.\/hash\.js/],
  [
    'two files import each other',
    { 'packages/core/src/a.ts': `import './b.ts';`, 'packages/core/src/b.ts': `import type {} from './a.ts';` },
    /^packages\/core\/src\/a\.ts {2}cycle {2}a\.ts → b\.ts → a\.ts$/,
  ],
  ['a file imports itself', { 'packages/core/src/a.ts': `import './a.ts';` }, /cycle {2}a\.ts → a\.ts$/],
  [
    'a package imports itself by name',
    { 'packages/core/src/a.ts': `import '@themis-mesh/core';` },
    /^packages\/core\/src\/a\.ts:1 {2}cycle/,
  ],
  ['a file with an empty name', { 'packages/core/src/utils.ts': '' }, /^packages\/core\/src\/utils\.ts {2}empty-name/],
  [
    'a folder with an empty name',
    { 'packages/core/test/helpers/clock.ts': '' },
    /^packages\/core\/test\/helpers\/clock\.ts {2}empty-name/,
  ],
];

suite('the check of imports', () => {
  test('passes a sound tree', async () => {
    assert.deepEqual(await violationsIn(SOUND), []);
  });

  for (const [name, change, expected] of DEFECTS) {
    test(`finds: ${name}`, async () => {
      const found = await violationsIn({ ...SOUND, ...change });
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', expected);
    });
  }

  test('sees every form of import', () => {
    const text = `import a from 'a';\nimport type { B } from 'b';\nexport * from 'c';\nexport { d } from 'd';\nawait import('e');\nimport 'f';\nlet g: import('g').G;`;
    assert.deepEqual(
      readImports(text)
        .map(({ specifier, line }) => [specifier, line])
        .sort(),
      [
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['d', 4],
        ['e', 5],
        ['f', 6],
        ['g', 7],
      ],
    );
  });
});

async function violationsIn(tree: Tree): Promise<readonly string[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'themis-imports-'));
  for (const [path, text] of Object.entries(tree)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  return checkImports(folder.path).map(describeViolation);
}

function packageOf(folder: string, dependencies: readonly string[]): Tree {
  return {
    [`packages/${folder}/package.json`]: manifestOf(folder, dependencies),
    [`packages/${folder}/tsconfig.json`]: JSON.stringify({ references: dependencies.map((path) => ({ path: `../${path}` })) }),
  };
}

function manifestOf(folder: string, dependencies: readonly string[]): string {
  const declared = Object.fromEntries(dependencies.map((name) => [`@themis-mesh/${name}`, '0.1.0']));
  return JSON.stringify({ name: `@themis-mesh/${folder}`, version: '0.1.0', dependencies: declared });
}
