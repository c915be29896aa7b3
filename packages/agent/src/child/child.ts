import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { constants } from 'node:os';
import { ThemisError } from '@themis-mesh/core';

export interface ChildOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  readonly stdio: StdioOptions;
  /** Whether it leads a process group of its own, which a terminal's signals do not reach. Default false. */
  readonly detached?: boolean;
}

/** How a process ended: by itself with a status, or by a signal. */
export type Ending = { readonly status: number } | { readonly signal: NodeJS.Signals };

/** A process that we started, and that we alone end. */
export class Child {
  readonly pid: number;
  /** Its end. Never rejects. */
  readonly ended: Promise<Ending>;
  readonly process: ChildProcess;
  readonly #leadsGroup: boolean;
  #isRunning = true;

  private constructor(child: ChildProcess, pid: number, leadsGroup: boolean) {
    this.#leadsGroup = leadsGroup;
    this.process = child;
    this.pid = pid;
    this.ended = new Promise((resolve) => {
      child.once('exit', (status, signal) => {
        this.#isRunning = false;
        resolve(signal === null ? { status: status ?? 1 } : { signal });
      });
    });
    // What cannot be sent to a process that has just ended.
    child.on('error', () => undefined);
  }

  /** @throws ThemisError THEMIS_COMMAND_NOT_FOUND, THEMIS_CONFIG_INVALID */
  static async start({ command, environment, cwd, stdio, detached = false }: ChildOptions): Promise<Child> {
    const [file = '', ...args] = command;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    let child: ChildProcess;
    try {
      child = spawn(file, args, { env: environment, stdio, detached, ...(cwd === undefined ? {} : { cwd }) });
    } catch (error) {
      // Such as a NUL in an argument.
      throw new ThemisError('THEMIS_CONFIG_INVALID', `the command cannot be run`, { cause: error });
    }
    child.once('spawn', () => {
      resolve(undefined);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const where = cwd === undefined ? '' : ` in ${cwd}`;
      reject(new ThemisError('THEMIS_COMMAND_NOT_FOUND', `${file}${where}: ${error.code ?? error.message}`, { cause: error }));
    });
    await promise;
    // A process that was spawned has a number.
    return new Child(child, child.pid as number, detached);
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** To a process that has ended, nothing is sent: its number may be somebody else's by now. */
  signal(name: NodeJS.Signals): void {
    if (this.#isRunning) this.process.kill(name);
  }

  /** Kills it with all that it started and that stayed in its group. A group keeps its number while one of it lives. */
  killGroup(): void {
    if (!this.#leadsGroup || process.platform === 'win32') {
      this.signal('SIGKILL');
      return;
    }
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  }
}

/** The status that a shell gives for an end. */
export function statusOf(ending: Ending): number {
  return 'status' in ending ? ending.status : 128 + constants.signals[ending.signal];
}
