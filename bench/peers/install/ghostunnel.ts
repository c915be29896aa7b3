import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Ghostunnel, built from its Go module, into `go/bin`. @throws Error where there is no Go, or the module cannot be had */
export function installGhostunnel(cache: string): void {
  const env = { ...process.env, GOPATH: join(cache, 'go'), GOFLAGS: '-modcacherw' };
  execFileSync('go', ['install', 'github.com/ghostunnel/ghostunnel@latest'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
}
