import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const VERSION = 'v1.8.4';

/**
 * Ghostunnel, built from its Go module, into `go/bin`: one exact release, in a copy of its own source. `go install` would ask the
 * proxy for a list of releases, which not every proxy has of it; and only there does ghostunnel's own `go.sum` vouch for what it
 * needs, some of which the public checksum database does not know.
 *
 * @throws Error where there is no Go, or the module cannot be had
 */
export function installGhostunnel(cache: string): void {
  const env = { ...process.env, GOPATH: join(cache, 'go'), GOFLAGS: '-modcacherw' };
  const go = (words: readonly string[], cwd: string): string =>
    execFileSync('go', words, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const copy = join(cache, 'go', 'ghostunnel');
  mkdirSync(join(cache, 'go'), { recursive: true });
  rmSync(copy, { recursive: true, force: true });
  cpSync(sourceFolder(go(['mod', 'download', '-json', `github.com/ghostunnel/ghostunnel@${VERSION}`], cache)), copy, {
    recursive: true,
  });
  // What the release carries of its dependencies is incomplete in a module, and Go would insist on it.
  rmSync(join(copy, 'vendor'), { recursive: true, force: true });
  go(['build', '-ldflags', `-X main.version=${VERSION}`, '-o', join(cache, 'go', 'bin', 'ghostunnel'), '.'], copy);
}

/** @param answer of `go mod download -json` */
function sourceFolder(answer: string): string {
  const parsed: unknown = JSON.parse(answer);
  if (typeof parsed === 'object' && parsed !== null && 'Dir' in parsed && typeof parsed.Dir === 'string') return parsed.Dir;
  throw new Error(`Go does not say where the module lies: ${answer}`);
}
