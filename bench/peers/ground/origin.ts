import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf, type Programs } from '../install/programs.ts';
import { freePort } from './free-port.ts';
import { serve, type Served } from './process.ts';

/** Paths at the origin. All under `/open/` may be asked for by the caller; the rest is what the policies keep from it. */
export const PATHS = { small: '/open/1k', bulk: '/open/bulk', who: '/open/who', closed: '/closed' } as const;

export interface Origin {
  readonly port: number;
  readonly served: Served;
}

/**
 * One worker of nginx that answers 1 KiB without a file: three to five times as fast as any of the pairs before it, so that it
 * is not what limits them. At `/open/who` it says which identity headers it was sent.
 */
export async function startOrigin(folder: string, programs: Programs, bulkBytes: number): Promise<Origin> {
  const port = await freePort();
  const root = join(folder, 'origin');
  mkdirSync(join(root, 'open'), { recursive: true });
  const bulk = join(root, 'open', 'bulk');
  writeFileSync(bulk, '');
  truncateSync(bulk, bulkBytes);
  const { path, env } = pathOf(programs, 'nginx');
  const file = join(root, 'nginx.conf');
  writeFileSync(file, nginxFile(root, originBlock(port, root)));
  const words = ['-p', root, '-c', file, '-e', 'stderr'];
  const served = await serve({ command: path, words, env, logFile: join(folder, 'origin.log'), ports: [port] });
  return { port, served };
}

/** What every nginx here is told: one worker, no logs, its files in its own folder. */
export function nginxFile(root: string, body: string, head = ''): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `${head}
${user}
daemon off;
worker_processes 1;
pid ${root}/nginx.pid;
events { worker_connections 8192; }
${body}`;
}

/** What every HTTP server of nginx here is told. */
export function nginxHttp(root: string, body: string): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${root}/${name};`);
  return `http {
  ${places.join(' ')}
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  tcp_nodelay on;
  ${body}
}`;
}

function originBlock(port: number, root: string): string {
  const identity = '$http_x_client_identity|$http_x_forwarded_client_cert|$http_x_themis_caller';
  return nginxHttp(
    root,
    `server {
    listen 127.0.0.1:${port} backlog=4096;
    default_type text/plain;
    root ${root};
    sendfile on;
    location = ${PATHS.small} { return 200 "${'x'.repeat(1024)}"; }
    location = ${PATHS.who} { return 200 "${identity}"; }
    location = ${PATHS.bulk} { }
    location / { return 200 "not to be reached"; }
  }`,
  );
}
