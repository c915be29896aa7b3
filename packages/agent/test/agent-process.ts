import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { waitFor, within } from '@themis-mesh/testkit';
import type { SidecarFlags } from '@themis-mesh/agent';
import type { TestHome } from './test-home.ts';

export const AGENT: readonly string[] = ['-C', 'themis-source', fileURLToPath(new URL('run-agent.ts', import.meta.url))];

/** A sidecar in a process of its own, and the program that it runs. */
export class AgentProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals>;
  out = '';
  err = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = new Promise((resolve) => child.once('close', (status, signal) => resolve(status ?? signal ?? 'SIGKILL')));
  }

  static start(
    home: TestHome,
    service: string,
    flags: SidecarFlags,
    command: readonly string[],
    more: NodeJS.ProcessEnv = {},
  ): AgentProcess {
    const args = [...AGENT, service, JSON.stringify({ home: home.path, ...flags }), ...command];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...more } });
    const agent = new AgentProcess(child);
    home.onEnd(async () => {
      // It takes its program with it; killed, it could not.
      child.kill('SIGTERM');
      await agent.status();
    });
    return agent;
  }

  /** What it logged, line by line. */
  get lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.err
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  line(message: string): Readonly<Record<string, unknown>> | undefined {
    return this.lines.find((line) => line['message'] === message);
  }

  async ready(): Promise<this> {
    await waitFor(() => this.line('ready') ?? (this.child.exitCode !== null && this.#fail()), 'an agent to be ready', 20_000);
    return this;
  }

  async status(): Promise<number | NodeJS.Signals> {
    return within(this.ended, 'an agent to end', 20_000);
  }

  #fail(): never {
    throw new Error(`the agent ended: ${this.err}${this.out}`);
  }
}
