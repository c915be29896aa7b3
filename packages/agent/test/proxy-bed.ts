import { execFile, type ExecFileException } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { dialPlain, readUntil } from './raw.ts';
import type { TestHome } from './test-home.ts';
import type { SidecarFlags } from '@themis-mesh/agent';

/** A program's way into the mesh: what its sidecar tells it by its environment. */
export interface ProxyBed {
  readonly port: number;
  readonly environment: NodeJS.ProcessEnv;
  /** `Basic …`, for requests written by hand. */
  readonly credential: string;
}

/** The sidecar of `web`, whose program is the test itself. */
export async function proxyOf(home: TestHome, flags: SidecarFlags = {}): Promise<ProxyBed> {
  const idle = await home.serve((_, response) => response.end());
  const { sidecar } = await home.sidecar('web', { port: String(idle), ...flags });
  const environment = sidecar.environment(process.env);
  const url = new URL(environment['http_proxy'] ?? '');
  return { port: Number(url.port), environment, credential: `Basic ${btoa(`${url.username}:${url.password}`)}` };
}

/** Sends bytes to the proxy. @returns the head of what comes back, and a little behind it */
export async function ask(port: number, text: string): Promise<string> {
  const socket = await dialPlain(port);
  socket.on('error', () => undefined);
  socket.write(Buffer.from(text, 'latin1'));
  const head = await readUntil(socket, '\r\n\r\n').catch(() => '');
  const rest =
    /content-length: [1-9]/i.test(head) && !/\r\n\r\n./s.test(head) ? await readUntil(socket, '\n').catch(() => '') : '';
  socket.destroy();
  return head + rest;
}

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export function run(file: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, args, { env: environment, timeout: 15_000 }, (error: ExecFileException | null, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

/** Tells what it was asked, for the caller to see. */
export function echo(request: IncomingMessage): string {
  return JSON.stringify({ method: request.method, url: request.url, headers: request.headers });
}
