import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Address } from '@themis-mesh/core';
import { within } from './wait.ts';

/** Why a program cannot be used; false where it can. @param asked an argument that makes it do nothing */
export function whyMissing(program: string, asked: string): string | false {
  return spawnSync(program, [asked]).status === 0 ? false : `the ${program} command is not installed`;
}

/** What the openssl command presents. In PEM. */
export interface PresentedIdentity {
  readonly key: string;
  /** The first certificate; none presents nothing. */
  readonly leaf: string | undefined;
  /** What follows it, in order. */
  readonly rest: string;
}

/** A folder for what openssl reads and writes. */
export class Workbench implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'themis-openssl-'));
  #files = 0;

  path(name: string): string {
    return join(this.folder, name);
  }

  write(content: string): string {
    const path = this.path(`${(this.#files += 1)}.pem`);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** The arguments by which both commands present an identity. */
  present({ key, leaf, rest }: PresentedIdentity): readonly string[] {
    if (leaf === undefined) return [];
    const chain = rest === '' ? [] : ['-cert_chain', this.write(rest)];
    return ['-cert', this.write(leaf), '-key', this.write(key), ...chain];
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** What `openssl s_client` saw. */
export interface ClientOutcome {
  /** What the other side sent, or, without `-quiet`, all that it tells about the connection. */
  readonly said: string;
  readonly errors: string;
  readonly status: number | null;
}

/** Connects with `openssl s_client`, sends a request as soon as it may, and reads to the end. */
export async function connectWithOpenssl(to: Address, args: readonly string[], request: string): Promise<ClientOutcome> {
  const child = spawn('openssl', ['s_client', '-connect', `${to.host}:${to.port}`, ...args]);
  const [said, errors, status] = await converse(child, request);
  return { said, errors, status };
}

export async function runCurl(args: readonly string[]): Promise<ClientOutcome> {
  const child = spawn('curl', ['--silent', '--show-error', '--max-time', '10', ...args]);
  const [said, errors, status] = await converse(child, '');
  return { said, errors, status };
}

async function converse(child: ChildProcessWithoutNullStreams, input: string): Promise<[string, string, number | null]> {
  child.stdin.on('error', () => undefined);
  // Left open: s_client ends the connection with its input.
  child.stdin.write(input);
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  try {
    return await within(Promise.all([text(child.stdout), text(child.stderr), ended]), `the end of ${child.spawnfile}`);
  } finally {
    child.kill();
  }
}

/** `openssl s_server` for one connection. */
export class OpensslServer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  /** What came over the connection, and what openssl says of it. */
  #said = '';

  constructor(args: readonly string[]) {
    this.#child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-naccept', '1', ...args]);
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
    const keep = (some: Buffer): void => {
      this.#said += some.toString();
    };
    this.#child.stdout.on('data', keep);
    this.#child.stderr.on('data', keep);
  }

  get said(): string {
    return this.#said;
  }

  /** Sends a line to whoever is connected. */
  say(line: string): void {
    this.#child.stdin.write(line);
  }

  /** @returns undefined where openssl does not take what it is to present */
  async address(): Promise<Address | undefined> {
    for (;;) {
      const port = /^ACCEPT .*:(\d+)$/m.exec(this.#said)?.[1];
      if (port !== undefined) return { host: '127.0.0.1', port: Number(port) };
      if (this.#child.exitCode !== null) return undefined;
      const heard = new Promise((resolve) => this.#child.stdout.once('data', resolve));
      await within(Promise.race([heard, this.#ended]), 'openssl s_server');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }
}
