import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { rollup, type OutputPlugin, type RollupLog } from '@rollup/wasm-node';
import ts from 'typescript';
import { listPackages } from '../workspace.ts';

/**
 * Compiles every package into its `dist/`, makes one file of each entry point of it in `bundle/`, and loads each as a program
 * without our export condition would.
 *
 * One file a package, because what a program waits for when it starts is mostly the resolving and opening of files: the
 * packages that a mesh loads have more than 150.
 *
 * @throws Error where the compiler or a package refuses.
 */
export async function build(root: string): Promise<void> {
  run(root, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  const packages = listPackages(root);
  for (const { folder } of packages) {
    // npm packs a LICENSE beside the package.json; the repository keeps the text once.
    copyFileSync(join(root, 'LICENSE'), join(root, 'packages', folder, 'LICENSE'));
    await bundle(join(root, 'packages', folder));
  }
  for (const { folder, manifest } of packages) {
    run(root, ['--input-type=module', '--eval', `await import('./packages/${folder}/bundle/index.js')`]);
    console.log(`${manifest.name} loads as it is published`);
  }
}

/** Removes what a build wrote, so that nothing of a source that was removed is left behind. */
export function clean(root: string): void {
  for (const path of globSync('packages/*/{dist,bundle,LICENSE}', { cwd: root })) {
    rmSync(join(root, path), { recursive: true, force: true });
  }
}

/** The files of a package that something outside it loads. */
const ENTRIES: readonly string[] = ['index', 'main'];

async function bundle(folder: string): Promise<void> {
  const dist = join(folder, 'dist');
  const input = ENTRIES.map((entry) => join(dist, `${entry}.js`)).filter((file) => existsSync(file));
  const isForeign = (id: string): boolean => !id.startsWith('.') && !isAbsolute(id);
  const made = await rollup({ input, external: isForeign, onwarn: refuseButEmpty });
  const plugins = [withoutComments, takingBuiltins, inAscii];
  // What a part needs is loaded with it, and not before.
  await made.write({
    dir: join(folder, 'bundle'),
    format: 'es',
    chunkFileNames: '[name].js',
    hoistTransitiveImports: false,
    plugins,
  });
  await made.close();
}

/** A program reads its packages each time it starts; what people read is in the declarations. */
const withoutComments: OutputPlugin = {
  name: 'without-comments',
  renderChunk: (code) =>
    ts.transpileModule(code, { compilerOptions: { removeComments: true, target: ts.ScriptTarget.ESNext } }).outputText,
};

/**
 * Takes from a module of Node.js what is wanted. An import reads all that the module has, and what lies behind getters is
 * loaded by that: undici by `node:http`, streams by `node:fs`.
 */
const takingBuiltins: OutputPlugin = {
  name: 'taking-builtins',
  renderChunk: (code) =>
    code.replace(/^import (\{ .* \}|\w+) from '(node:.*)';$/gm, (_, names: string, id: string) => {
      return `const ${names.replaceAll(' as ', ': ')} = process.getBuiltinModule('${id}');`;
    }),
};

/** One character beyond Latin-1 has V8 keep a whole file with two bytes for each. */
const inAscii: OutputPlugin = {
  name: 'in-ascii',
  renderChunk: (code) => code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

/** A package whose entry exports nothing yet is no mistake; whatever else the bundler warns of is. */
function refuseButEmpty({ code, message }: RollupLog): void {
  if (code !== 'EMPTY_BUNDLE') throw new Error(message);
}

function run(root: string, words: readonly string[]): void {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) throw new Error(`node ${words.join(' ')} failed`);
}
