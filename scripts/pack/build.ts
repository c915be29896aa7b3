import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listPackages } from '../workspace.ts';

/**
 * Compiles every package into its `dist/` and loads each as a program without our export condition would.
 *
 * @throws Error where the compiler or a package refuses.
 */
export function build(root: string): void {
  run(root, [join(root, 'node_modules/typescript/bin/tsc'), '-b']);
  for (const { folder, manifest } of listPackages(root)) {
    // npm packs a LICENSE beside the package.json; the repository keeps the text once.
    copyFileSync(join(root, 'LICENSE'), join(root, 'packages', folder, 'LICENSE'));
    run(root, ['--input-type=module', '--eval', `await import('./packages/${folder}/dist/index.js')`]);
    console.log(`${manifest.name} loads from dist`);
  }
}

/** Removes what a build wrote, so that nothing of a source that was removed is left behind. */
export function clean(root: string): void {
  for (const path of globSync('packages/*/{dist,LICENSE}', { cwd: root })) {
    rmSync(join(root, path), { recursive: true, force: true });
  }
}

function run(root: string, words: readonly string[]): void {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) throw new Error(`node ${words.join(' ')} failed`);
}
