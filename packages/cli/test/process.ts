import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { THEMIS, type User } from './themis.ts';
import { waitFor } from '@themis-mesh/testkit';

/** A command that goes on, as a process of its own, which is gone after the test. */
export class Process {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(t: TestContext, user: User, command: readonly string[]) {
    const [file = '', ...words] = command;
    const child = spawn(file, words, { cwd: user.folder, env: user.environment(), detached: true });
    child.stdout.on('data', (data: Buffer) => (this.stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    child.stdin.on('error', () => undefined);
    this.child = child;
    this.exited = once(child, 'close').then(([code]) => code as number | null);
    t.after(async () => {
      // With all that it started, which would keep its output open.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
      await this.exited;
    });
  }

  /** Runs `themis`. @param before what runs it, such as `ip netns exec NAME` */
  static themis(t: TestContext, user: User, words: readonly string[], before: readonly string[] = []): Process {
    return new Process(t, user, [...before, ...THEMIS, ...words]);
  }

  /** Waits for something that it says, on either stream. @returns the match */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray | undefined => {
      const match = pattern.exec(this.stdout + this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode === null) return undefined;
      throw new Error(`it ended with ${this.child.exitCode} before it said ${pattern.source}\n${this.stdout}${this.stderr}`);
    };
    return waitFor(look, pattern.source, 30_000);
  }
}

/** An owner's open door. */
export async function openDoor(
  t: TestContext,
  owner: User,
  ...flags: readonly string[]
): Promise<Process & { readonly at: string }> {
  const door = Process.themis(t, owner, ['admit', '--listen', '127.0.0.1:0', ...flags]);
  const [, at = ''] = await door.says(/open at (\S+) for/);
  return Object.assign(door, { at });
}
