import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the shared libraries of the packages lie, from the cache's folder. */
export const DEBIAN_LIBRARIES: string = `debian/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

/**
 * Fetches packages of Debian, and what they need and the system lacks, and unpacks them into `debian/`. They are not installed:
 * no service is started, no user is made, and nobody has to be root.
 *
 * @throws Error where apt does not know them (`apt-get update` was never run?) or this is no Debian
 */
export function installDebian(cache: string, names: readonly string[]): void {
  const packages = join(cache, 'packages');
  mkdirSync(packages, { recursive: true });
  for (const name of lacking(names)) run('apt-get', ['download', name], packages);
  for (const file of readdirSync(packages)) run('dpkg-deb', ['-x', join(packages, file), join(cache, 'debian')], packages);
}

/** What an installation would install. Those that the system has are on its PATH. */
function lacking(names: readonly string[]): readonly string[] {
  const plan = ['-s', 'install', '--no-install-recommends', ...names];
  try {
    return installationsIn(run('apt-get', plan));
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    // A new machine knows no packages yet.
    run('apt-get', ['update']);
    return installationsIn(run('apt-get', plan));
  }
}

/** @param plan what `apt-get -s install` prints: `Inst wrk (4.1.0-3 Debian:12 [amd64])` */
export function installationsIn(plan: string): readonly string[] {
  return [...plan.matchAll(/^Inst (\S+) /gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

function run(command: string, words: readonly string[], cwd?: string): string {
  return execFileSync(command, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}
