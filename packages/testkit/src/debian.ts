import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program, with the environment that it finds its libraries by; or why it is not to be had. */
export type Program = { readonly path: string; readonly env: NodeJS.ProcessEnv } | { readonly why: string };

const CACHE = join(import.meta.dirname, '../../../.cache/debian');

/** Where packages put shared libraries, from the folder that they are unpacked into. */
export const DEBIAN_LIBRARIES: string = `usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

/** A program of the PATH, or of a package of Debian that is unpacked below `.cache/` at its first use. */
export function debianProgram(program: string, packageName: string, environment: NodeJS.ProcessEnv): Program {
  const folders = (environment['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found !== undefined) return { path: found, env: environment };
  const folder = join(CACHE, packageName);
  const find = (): string | undefined =>
    ['bin', 'sbin'].map((name) => join(folder, 'root/usr', name, program)).find((path) => existsSync(path));
  try {
    if (find() === undefined) unpackDebian([packageName], { parcels: join(folder, 'parcels'), root: join(folder, 'root') });
    const path = find() ?? program;
    const env = { ...environment, LD_LIBRARY_PATH: join(folder, 'root', DEBIAN_LIBRARIES) };
    execFileSync(path, ['-v'], { env, stdio: 'ignore' });
    return { path, env };
  } catch (error) {
    const [line] = error instanceof Error ? error.message.split('\n') : [''];
    return { why: `${program} is not on the PATH, and apt does not bring it: ${line ?? ''}` };
  }
}

/**
 * Fetches packages of Debian, and what they need and the system lacks, and unpacks them. They are not installed: no service is
 * started, no user is made, and nobody has to be root.
 *
 * @throws Error where apt does not know them (`apt-get update` was never run?) or this is no Debian
 */
export function unpackDebian(
  names: readonly string[],
  { parcels, root }: { readonly parcels: string; readonly root: string },
): void {
  mkdirSync(parcels, { recursive: true });
  for (const name of lacking(names)) run('apt-get', ['download', name], parcels);
  for (const file of readdirSync(parcels)) run('dpkg-deb', ['-x', join(parcels, file), root], parcels);
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
    timeout: 180_000,
    ...(cwd === undefined ? {} : { cwd }),
  });
}
