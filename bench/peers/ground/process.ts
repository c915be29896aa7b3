import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A program that serves while a benchmark runs. */
export interface Served {
  readonly pid: number;
  /** Itself and those that it started: nginx works in a child. */
  readonly pids: () => readonly number[];
  /** What it wrote so far, on both outputs. */
  readonly log: () => string;
  /** Kills it, and resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

export interface ServePlan {
  readonly command: string;
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where it writes to. */
  readonly logFile: string;
  /** Of loopback; it serves when all of them take connections. */
  readonly ports: readonly number[];
}

const START_MS = 20_000;

/** Starts a program, and waits until it serves. @throws Error with the end of its log where it does not */
export async function serve({ command, words, env = process.env, logFile, ports }: ServePlan): Promise<Served> {
  const output = openSync(logFile, 'w', 0o600);
  const child = spawn(command, words, { env, stdio: ['ignore', output, output] });
  const exit = once(child, 'exit').catch(() => undefined);
  const log = (): string => readFileSync(logFile, 'utf8');
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const pid = child.pid ?? 0;
  const stop = async (): Promise<void> => {
    if (hasEnded()) return;
    // Children of their own end with their parents; nobody is asked twice.
    const all = descendants(pid);
    child.kill('SIGTERM');
    await Promise.race([exit, delay(2000, undefined, { ref: false })]);
    for (const each of hasEnded() ? all.slice(1) : all) killIfThere(each);
    await exit;
  };
  const deadline = performance.now() + START_MS;
  while (!(await areOpen(ports))) {
    if (hasEnded() || performance.now() > deadline) {
      await stop();
      throw new Error(`${command} does not serve: ${log().trim().slice(-800)}`);
    }
    await delay(20);
  }
  return { pid, pids: () => descendants(pid), log, stop };
}

/** The first of them is the process itself. Linux only. */
function descendants(pid: number): readonly number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '));
    return [pid, ...children.filter((child) => child !== '').flatMap((child) => descendants(Number(child)))];
  } catch {
    return [pid];
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

async function areOpen(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isOpen))).every(Boolean);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
