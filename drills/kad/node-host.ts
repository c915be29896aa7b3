import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { ROOT } from '../../scripts/root.ts';
import type { Commands, Order, Report, Said, Told } from './commands.ts';

const PROGRAM = joinPath(ROOT, 'drills/kad/host.ts');

interface Waiting {
  readonly resolve: (said: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A process that runs nodes of one member. */
export class NodeHost implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #orders = 0;

  /** @param prefix a program that starts it, with its words: `ip netns exec NAME` */
  constructor(home: string, member: string, prefix: readonly string[] = []) {
    const [command = process.execPath, ...words] = [...prefix, process.execPath, '-C', 'themis-source', PROGRAM, home, member];
    this.#child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (message) => this.#take(message as Report));
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${member} has ended`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error with what the process says of a failure, or where it has ended */
  tell<K extends keyof Commands>(command: K, told: Told<K>): Promise<Said<K>> {
    const id = (this.#orders += 1);
    const order: Order<K> = { id, command, told };
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send(order, (error) => {
        if (error !== null) reject(error);
      });
    }) as Promise<Said<K>>;
  }

  /** Without a word to it. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #take({ id, said, error }: Report): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(said);
    else waiting?.reject(new Error(error));
  }
}
