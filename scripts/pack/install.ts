import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tarball } from './pack.ts';

/** Makes an empty folder a project that depends on the tarballs and on nothing else, as a user's would. */
export function installInto(folder: string, tarballs: readonly Tarball[]): void {
  const dependencies = Object.fromEntries(tarballs.map(({ name, path }) => [name, `file:${path}`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }, null, 2));
  const words = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', words, { cwd: folder, stdio: ['ignore', 2, 2] });
}
