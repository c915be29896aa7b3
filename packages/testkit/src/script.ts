import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Another process that runs a TypeScript file on the sources of the workspace. */
export class Script implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<unknown>;
  /** What it said so far. */
  readonly lines: string[] = [];
  #errors = '';

  /** @param file its path */
  constructor(file: string, args: readonly string[] = []) {
    this.#child = spawn(process.execPath, ['-C', 'themis-source', file, ...args]);
    this.#exited = once(this.#child, 'close');
    createInterface(this.#child.stdout).on('line', (line) => this.lines.push(line));
    this.#child.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for the first line that has this in it. */
  async said(text: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((said) => said.includes(text));
      if (line !== undefined) return line;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`ended before it said ${text}: ${this.lines.join(' | ')} ${this.#errors}`);
      }
      await Promise.race([once(this.#child.stdout, 'data'), this.#exited]);
    }
  }

  /** A line to its standard input. */
  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Waits for its end. @returns the lines that it said */
  async ended(): Promise<readonly string[]> {
    await this.#exited;
    if (this.#child.exitCode !== 0 && this.#child.signalCode === null) throw new Error(this.#errors);
    return this.lines;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
