import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram, freePort, waitFor, type Program } from '@themis-mesh/testkit';
import { dialPlain } from '../test/raw.ts';
import type { TestHome } from '../test/test-home.ts';
import { startEcho, type Echo } from './echo.ts';

/** What stands behind a sidecar: a program that reads requests in its own way, and passes them on to an {@link Echo}. */
export interface BackEnd {
  readonly port: number;
  readonly echo: Echo;
  /** Ends it, where it is not the echo itself. @returns what it took for requests: `STATUS METHOD TARGET` */
  readonly finish?: () => Promise<readonly string[]>;
}

/** Each by its name: the service is called the same. It says why where it cannot be had. */
export const BACK_ENDS: Readonly<
  Record<string, { readonly why?: string; readonly start: (home: TestHome) => Promise<BackEnd> }>
> = {
  node: { start: async (home) => startEcho(home).then((echo) => ({ port: echo.port, echo })) },
  nginx: proxy('nginx', async (path, env, { folder, port, echo }) => {
    const log = join(folder, 'requests');
    const child = await begin(path, env, folder, nginxConfig(folder, port, echo), (file) => [
      '-p',
      folder,
      '-c',
      file,
      '-e',
      'stderr',
    ]);
    return {
      child,
      signal: 'SIGQUIT',
      requests: () => readFile(log, 'latin1'),
    };
  }),
  haproxy: proxy('haproxy', async (path, env, { folder, port, echo }) => {
    const child = await begin(path, env, folder, haproxyConfig(port, echo), (file) => ['-db', '-f', file]);
    let said = '';
    child.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
    return { child, signal: 'SIGTERM', requests: () => Promise.resolve(said) };
  }),
};

interface Started {
  readonly child: ChildProcess;
  /** Has it end in peace. */
  readonly signal: NodeJS.Signals;
  readonly requests: () => Promise<string>;
}

function proxy(
  name: string,
  run: (
    path: string,
    env: NodeJS.ProcessEnv,
    at: { readonly folder: string; readonly port: number; readonly echo: number },
  ) => Promise<Started>,
): (typeof BACK_ENDS)[string] {
  const program: Program = debianProgram(name, name, process.env);
  if ('why' in program) return { why: program.why, start: () => Promise.reject(new Error(program.why)) };
  const start = async (home: TestHome): Promise<BackEnd> => {
    const echo = await startEcho(home);
    const folder = await mkdtemp(join(tmpdir(), `themis-${name}-`));
    home.onEnd(() => rm(folder, { recursive: true, force: true }));
    const port = await freePort();
    const { child, signal, requests } = await run(program.path, program.env, { folder, port, echo: echo.port });
    const closed = new Promise((resolve) => child.once('close', resolve));
    home.onEnd(async () => {
      child.kill('SIGKILL');
      await closed;
    });
    await waitFor(
      () =>
        dialPlain(port)
          .then((socket) => socket.destroy())
          .catch(() => undefined),
      `${name} to listen`,
      20_000,
    );
    const finish = async (): Promise<readonly string[]> => {
      child.kill(signal);
      await closed;
      return (await requests()).split('\n').filter((line) => line !== '');
    };
    return { port, echo, finish };
  };
  return { start };
}

async function begin(
  path: string,
  env: NodeJS.ProcessEnv,
  folder: string,
  config: string,
  words: (file: string) => readonly string[],
): Promise<ChildProcess> {
  const file = join(folder, 'config');
  await writeFile(file, config);
  return spawn(path, words(file), { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
}

function nginxConfig(folder: string, port: number, echo: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  return `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  ${temporary.join(' ')}
  log_format requests '$status $request_method $request_uri';
  access_log ${folder}/requests requests;
  client_max_body_size 0;
  keepalive_requests 1000000;
  upstream echo { server 127.0.0.1:${echo}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    add_header x-back-end nginx always;
    location / { proxy_pass http://echo; proxy_http_version 1.1; proxy_set_header connection ""; }
  }
}
`;
}

function haproxyConfig(port: number, echo: number): string {
  return `global
  log stdout format raw local0
  nbthread 1
  maxconn 4000
defaults
  mode http
  log global
  log-format "%ST %HM %HU"
  timeout connect 10s
  timeout client 600s
  timeout server 600s
listen echo
  bind 127.0.0.1:${port}
  http-reuse always
  http-after-response set-header x-back-end haproxy
  server echo 127.0.0.1:${echo}
`;
}
