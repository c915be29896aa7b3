import { execFile, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join as joinPath } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { join, type Mesh } from '@themis-mesh/mesh';
import { layGround } from '../bench/channel/ground.ts';
import { atLeast, atMost, figure, memoryOf, type Goal, type Measurement } from '../scripts/measure/index.ts';
import { bytesOf } from './big-body/bytes.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** The most that a body of any length may add to a process that carries it. MiB. */
const MOST_MEMORY = 160;

const run = promisify(execFile);
const SOURCE = new URL('./big-body/', import.meta.url);

/**
 * Bodies that no memory holds, both ways: between two programs in the mesh, and from curl to a server of Python through two
 * sidecars. The first word says how many GiB, else 10.
 */
export const bigBody: Measurement = {
  name: 'big-body',
  summary: 'bodies of 10 GiB in process and from curl to Python through sidecars: all bytes, bounded memory',
  async run({ words, print }) {
    const size = Number(words[0] ?? 10) * GIB;
    await using ground = await layGround('client', 'server', 'files', 'web');
    process.env['THEMIS_HOME'] = ground.root;
    const children: ChildProcess[] = [];
    try {
      return [...(await inProcess(size, print, children)), ...(await throughSidecars(size, print, children))];
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  },
};

async function inProcess(size: number, print: (line: string) => void, children: ChildProcess[]): Promise<Goal[]> {
  const server = fork(new URL('server.ts', SOURCE), { execArgv: process.execArgv });
  children.push(server);
  await once(server, 'message');
  await using mesh: Mesh = await join({ service: 'client' });
  const watched = [process.pid, server.pid ?? 0];
  const before = watched.map((pid) => memoryOf(pid).resident);
  const up = await timed(async () => {
    const init = { method: 'POST', body: Readable.from(bytesOf(size), { objectMode: false }), duplex: 'half' };
    return Number(await (await mesh.fetch('https://server/', init as unknown as RequestInit)).text());
  });
  const down = await timed(async () => {
    let count = 0;
    const { body } = await mesh.fetch(`https://server/${size}`);
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) count += chunk.length;
    return count;
  });
  return goalsOf('in process', size, { up, down, watched, before }, print);
}

async function throughSidecars(size: number, print: (line: string) => void, children: ChildProcess[]): Promise<Goal[]> {
  const python = spawn('python3', ['-u', new URL('counting_server.py', SOURCE).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(python);
  const [port] = (await once(createInterface(python.stdout), 'line')) as [string];
  const [files] = await startSidecar('files', port, children);
  const [web, proxy] = await startSidecar('web', port, children);
  const watched = [files.pid ?? 0, web.pid ?? 0];
  const before = watched.map((pid) => memoryOf(pid).resident);
  const curl = `curl --silent --show-error --fail --no-buffer --proxy "$0"`;
  const up = await timed(async () => {
    const script = `head -c ${size} /dev/zero | ${curl} --upload-file - http://files.mesh.internal/up`;
    return Number((await run('sh', ['-c', script, proxy])).stdout);
  });
  const down = await timed(async () => {
    const script = `${curl} http://files.mesh.internal/${size} | wc -c`;
    return Number((await run('sh', ['-c', script, proxy])).stdout);
  });
  return goalsOf('curl to Python', size, { up, down, watched, before }, print);
}

async function startSidecar(
  service: string,
  port: string,
  children: ChildProcess[],
): Promise<readonly [child: ChildProcess, proxy: string]> {
  const child = fork(joinPath(SOURCE.pathname, 'sidecar.ts'), [service, JSON.stringify({ port })], {
    execArgv: process.execArgv,
  });
  children.push(child);
  const [proxy] = (await once(child, 'message')) as [string];
  return [child, proxy];
}

interface Timed {
  readonly count: number;
  readonly seconds: number;
}

async function timed(carry: () => Promise<number>): Promise<Timed> {
  const start = performance.now();
  const count = await carry();
  return { count, seconds: (performance.now() - start) / 1000 };
}

interface Carried {
  readonly up: Timed;
  readonly down: Timed;
  readonly watched: readonly number[];
  readonly before: readonly number[];
}

function goalsOf(way: string, size: number, { up, down, watched, before }: Carried, print: (line: string) => void): Goal[] {
  const grown = watched.map((pid, index) => (memoryOf(pid).peak - (before[index] ?? 0)) / MIB);
  const most = Math.max(...grown);
  const speed = ({ seconds }: Timed): string => `${figure(size / seconds / MIB)} MiB/s`;
  print(`${way}: up ${speed(up)}, down ${speed(down)}, at the most ${figure(most)} MiB more in a process`);
  return [
    atLeast(`bytes that arrived, up, ${way}`, up.count / size, 'of those sent', 1),
    atMost(`bytes that arrived, up, ${way}`, up.count / size, 'of those sent', 1),
    atLeast(`bytes that arrived, down, ${way}`, down.count / size, 'of those sent', 1),
    atMost(`bytes that arrived, down, ${way}`, down.count / size, 'of those sent', 1),
    atMost(`memory beyond that at rest, ${way}`, most, 'MiB', MOST_MEMORY),
  ];
}
