import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../scripts/root.ts';

/** What the two other networks are made of. They are measured, and are no dependency of ours. */
const PACKAGES: Readonly<Record<string, string>> = {
  hyperdht: '6.34.0',
  libp2p: '3.3.11',
  '@libp2p/kad-dht': '16.4.5',
  '@libp2p/tcp': '11.0.28',
  '@libp2p/identify': '4.1.14',
  '@libp2p/ping': '3.1.13',
  '@chainsafe/libp2p-noise': '17.0.0',
  '@chainsafe/libp2p-yamux': '8.0.1',
};

const FOLDER = join(ROOT, '.cache', 'peers', 'dht');

/** Installs them below `.cache/`, without running their scripts, unless that was done. @throws Error where npm cannot */
export function installNetworks(print: (line: string) => void): void {
  const manifest = JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES });
  const done = join(FOLDER, 'installed.json');
  if (existsSync(done)) return;
  print('installing hyperdht and libp2p below .cache/peers');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), manifest);
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  writeFileSync(done, manifest);
}

/** What they export, by the names of their packages. They are found from their own folder only. */
export async function loadNetworks(...names: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const loader = join(FOLDER, 'loader.mjs');
  writeFileSync(loader, 'export const load = (names) => Promise.all(names.map((name) => import(name)));\n');
  const { load } = (await import(pathToFileURL(loader).href)) as {
    readonly load: (names: readonly string[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  };
  return load(names);
}

export function versionOf(name: string): string {
  return PACKAGES[name] ?? '';
}
