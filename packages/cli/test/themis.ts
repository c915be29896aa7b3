import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runHere, type Outcome } from './run-here.ts';

export type { Outcome };

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Keeps compiled sources from one process to the next: most of the time of a short command is spent on that. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../.cache/compile', import.meta.url));

/** The words that run the command line from source. */
export const THEMIS: readonly [string, ...string[]] = [process.execPath, '-C', 'themis-source', MAIN];

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** A user of the command line, with a folder to work in, which is gone after the test. */
export class User {
  readonly folder: string;
  readonly home: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
  }

  static async make(t: TestContext): Promise<User> {
    const folder = await mkdtemp(join(tmpdir(), 'themis-cli-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    return new User(folder);
  }

  /** Someone with an app and services in it. */
  static async withServices(t: TestContext, ...names: readonly string[]): Promise<User> {
    const user = await User.make(t);
    await user.must('init');
    for (const name of names) await user.must('add', name);
    return user;
  }

  /** Runs `themis` in this process, which takes a tenth of the time. */
  run(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { env = {}, input = '' } = options;
    return runHere(words, { folder: this.folder, environment: this.environment(env), input });
  }

  /** Runs `themis` as a process of its own, for what a process is needed for. */
  async runProcess(words: readonly string[], { env = {}, input = '' }: RunOptions = {}): Promise<Outcome> {
    const [file, ...before] = THEMIS;
    const child = spawn(file, [...before, ...words], { cwd: this.folder, env: this.environment(env) });
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve);
      child.once('error', reject);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [code, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
    return { code, stdout, stderr };
  }

  /** Runs it, and throws unless all is well. @returns the output */
  async must(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(words);
    if (code !== 0) throw new Error(`themis ${words.join(' ')} ended with ${String(code)}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Runs it with `--json`. */
  async json(...words: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.must(...words, '--json'));
  }

  /** What a program of this user finds in its environment: nothing of ours but the home. */
  environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const bare = { PATH: process.env['PATH'], HOME: this.folder, TERM: 'xterm-256color', NODE_COMPILE_CACHE: COMPILE_CACHE };
    return { ...bare, THEMIS_HOME: this.home, ...more };
  }
}

/** The code of the error that a command printed with `--json`. */
export function errorCode({ stderr }: Outcome): unknown {
  return (JSON.parse(stderr) as { readonly error: { readonly code: unknown } }).error.code;
}
