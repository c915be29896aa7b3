import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { systemClock } from '@themis-mesh/channel';
import type { Host } from '../src/host.ts';
import { Output } from '../src/output/output.ts';
import { runCli } from '../src/run-cli.ts';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** The working directory. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly input: string;
}

/** The folders of the commands that run. */
const folders: string[] = [];

/** Runs a command in this process, with streams that are no terminals. Commands that run programs need a process of their own. */
export async function runHere(words: readonly string[], { folder, environment, input }: Surroundings): Promise<Outcome> {
  const [out, err] = [new Collected(), new Collected()];
  const outputs = { out: new Output(out, environment), err: new Output(err, environment) };
  const code = await within(folder, () =>
    runCli(words, {
      ...outputs,
      input: Readable.from([Buffer.from(input)]),
      environment,
      clock: systemClock,
      host: hostFor(words),
    }),
  );
  return { code, stdout: out.text(), stderr: err.text() };
}

/** Commands at the same time are fine, as long as they are in the same place: a process has one working directory. */
async function within<T>(folder: string, task: () => Promise<T>): Promise<T> {
  if (folders.some((other) => other !== folder)) throw new Error('another command runs in another folder');
  const before = process.cwd();
  if (folders.length === 0) process.chdir(folder);
  folders.push(folder);
  try {
    return await task();
  } finally {
    folders.pop();
    if (folders.length === 0) process.chdir(before);
  }
}

class Collected extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

function hostFor(words: readonly string[]): Host {
  const ofAProcess = (): never => {
    throw new Error('this needs a process of its own');
  };
  return {
    ...{ pid: process.pid, words, signals: new EventEmitter(), isOnTerminal: false, replace: ofAProcess, report: ofAProcess },
    get themis() {
      return ofAProcess();
    },
  };
}
