import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { readUpStatus, type UpStatus } from '@themis-mesh/agent';
import { Home } from '@themis-mesh/storage';
import { waitFor, within } from '@themis-mesh/testkit';
import { THEMIS, type User } from './themis.ts';

/** A `themis up` that goes on, and is stopped after the test. */
export class UpProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | NodeJS.Signals>;
  text = '';
  readonly #user: User;

  private constructor(user: User, child: ChildProcessWithoutNullStreams) {
    this.#user = user;
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL')));
  }

  static async start(t: TestContext, user: User, configuration: string, ...words: readonly string[]): Promise<UpProcess> {
    const [file, ...before] = THEMIS;
    await writeFile(join(user.folder, 'themis.yaml'), configuration);
    const child = spawn(file, [...before, 'up', ...words], { cwd: user.folder, env: user.environment() });
    const up = new UpProcess(user, child);
    t.after(async () => {
      child.kill('SIGTERM');
      await up.end();
    });
    return up;
  }

  async ready(): Promise<UpStatus> {
    await waitFor(
      () => this.text.includes('all services are ready') || (this.child.exitCode !== null && this.#fail()),
      'all to be ready',
      30_000,
    );
    const status = await this.status();
    if (status === undefined) throw new Error('an up that runs has a status');
    return status;
  }

  status(): Promise<UpStatus | undefined> {
    return readUpStatus(Home.at(this.#user.home));
  }

  /** The lines of one service. */
  linesOf(label: string): readonly string[] {
    const match = new RegExp(`^${label.replace('.', '\\.')} *\\| (.*)$`);
    return this.text.split('\n').flatMap((line) => match.exec(line)?.[1] ?? []);
  }

  end(): Promise<number | NodeJS.Signals> {
    return within(this.ended, `the end of up\n${this.text}`, 30_000);
  }

  #fail(): never {
    throw new Error(`up ended: ${this.text}`);
  }
}

/** Whether a process is there, and not only its entry. */
export function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
