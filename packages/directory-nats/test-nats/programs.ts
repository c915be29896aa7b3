import { execFileSync } from 'node:child_process';
import { accessSync, constants, globSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A `nats-server`, or why there is none. */
export type Program = { readonly path: string; readonly version: string } | { readonly why: string };

/** What is brought lies here, below the folder of the repository, and is brought once. */
const CACHE = join(import.meta.dirname, '../../../.cache/nats');

/** The current release, from the module proxy of Go. */
const CURRENT = 'v2.15.2';

/** What Debian has: release 2.9 in Debian 12. */
export function debianServer(): Program {
  return bring(join(CACHE, 'debian/usr/sbin/nats-server'), "Debian's nats-server", () => {
    const packages = join(CACHE, 'packages');
    mkdirSync(packages, { recursive: true });
    try {
      run('apt-get', ['download', 'nats-server'], packages);
    } catch (error) {
      if (process.getuid?.() !== 0) throw error;
      // A new machine knows no packages yet.
      run('apt-get', ['update']);
      run('apt-get', ['download', 'nats-server'], packages);
    }
    for (const file of globSync('nats-server_*.deb', { cwd: packages }))
      run('dpkg', ['-x', file, join(CACHE, 'debian')], packages);
  });
}

/** The current release, built with Go; or the server on the PATH, where there is one. */
export function currentServer(): Program {
  const installed = locate('nats-server');
  if (installed !== undefined) return { path: installed, version: versionOf(installed) };
  return bring(join(CACHE, 'go/bin/nats-server'), `nats-server ${CURRENT} built with Go`, () => {
    const go = locate('go', ['/usr/local/go/bin']);
    if (go === undefined) throw new Error('there is no Go');
    const env = { ...process.env, GOBIN: join(CACHE, 'go/bin'), GOPATH: join(CACHE, 'go'), GOFLAGS: '-modcacherw' };
    run(go, ['install', `github.com/nats-io/nats-server/v2@${CURRENT}`], undefined, env);
  });
}

function bring(path: string, what: string, install: () => void): Program {
  try {
    mkdirSync(CACHE, { recursive: true });
    if (!isProgram(path)) install();
    return { path, version: versionOf(path) };
  } catch (error) {
    const [line = ''] = error instanceof Error ? error.message.split('\n') : [];
    return { why: `${what} is not to be had: ${line}` };
  }
}

function versionOf(path: string): string {
  return /v(\d+\.\d+\.\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
}

function locate(name: string, more: readonly string[] = []): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...more];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, words: readonly string[], cwd?: string, env: NodeJS.ProcessEnv = process.env): void {
  execFileSync(command, words, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 300_000,
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
}
