import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { join, type Mesh } from '@themis-mesh/mesh';
import { layGround, type Ground } from '../bench/channel/ground.ts';
import { freePort } from '../bench/peers/ground/free-port.ts';
import { serve, type Served } from '../bench/peers/ground/process.ts';
import { atLeast, atMost, figure, interleave, memoryOf, type Goal, type Measurement } from '../scripts/measure/index.ts';
import { ROOT } from '../scripts/root.ts';

const CONNECTIONS = 10_000;
/** Opened and closed before, so that code is loaded. */
const WARM_UP = 100;
/** Descriptors that a process needs for all else. */
const OTHER_FILES = 200;
/** How long garbage has to be let go of. Milliseconds. */
const SETTLING_MS = 12_000;
const KIB = 1024;

const PEERS = 100;
const CALLS = 5000;
const ROUNDS = 9;
const IN_FLIGHT = 16;

/** What it costs to hold connections that say nothing, and to know peers that nobody asks. */
export const idle: Measurement = {
  name: 'idle',
  summary: `${CONNECTIONS} idle connections through a pair of sidecars, and a caller that knows many peers`,
  async run({ print }) {
    return [...(await holdConnections(print)), ...(await knowPeers(print))];
  },
};

async function holdConnections(print: (line: string) => void): Promise<readonly Goal[]> {
  const count = Math.min(CONNECTIONS, filesAllowed() - OTHER_FILES);
  if (count < CONNECTIONS) print(`scaled to ${count} connections: this system allows a process ${filesAllowed()} files`);
  await using ends = new AsyncDisposableStack();
  const ground = ends.use(await layGround('web', 'db'));
  const app = hold('serve');
  ends.defer(() => void app.kill());
  const [appPort] = (await once(app, 'message')) as [number];
  const run = (name: string, ports: readonly number[], words: readonly string[]): Promise<Served> =>
    startSidecar(ends, ground, name, ports, words);
  const listen = await freePort();
  const limits = ['--max-connections', String(CONNECTIONS + WARM_UP)];
  const db = await run('db', [listen], ['--port', String(appPort), '--protocol', 'tcp', '--listen', `127.0.0.1:${listen}`]);
  const local = await freePort();
  const web = await run('web', [local], ['--port', String(appPort), '--forward', `${local}=db`, '--no-proxy', ...limits]);

  const first = hold('dial', local, WARM_UP);
  await once(first, 'message');
  first.kill();
  await delay(SETTLING_MS);
  const pids = { 'client side': web.pid, 'server side': db.pid, 'the app, which has the sockets alone': app.pid ?? 0 };
  const before = memories(pids);
  const callers = hold('dial', local, count);
  ends.defer(() => void callers.kill());
  let lost = 0;
  callers.on('message', (message) => (lost += message === 'lost' ? 1 : 0));
  await once(callers, 'message');
  await delay(SETTLING_MS);
  const after = memories(pids);
  const each = Object.keys(pids).map((name) => ((after[name] ?? 0) - (before[name] ?? 0)) / count / KIB);
  for (const [index, name] of Object.keys(pids).entries()) {
    const mebibytes = (bytes = 0): number => Math.round(bytes / KIB / KIB);
    print(`${name}: ${mebibytes(before[name])} to ${mebibytes(after[name])} MiB, ${figure(each[index] ?? 0)} KiB a connection`);
  }
  const [client = NaN, server = NaN, sockets = NaN] = each;
  return [
    atLeast('idle connections through the sidecars', count - lost, 'connections', count),
    atMost('memory a connection beyond its socket, client side', client - sockets, 'KiB', 20),
    atMost('memory a connection beyond its socket, server side', server - sockets, 'KiB', 20),
  ];
}

/** Two callers in this process, of which one has tunnels to many: what a stream to one of them costs each. */
async function knowPeers(print: (line: string) => void): Promise<readonly Goal[]> {
  const names = Array.from({ length: PEERS }, (_, index) => `peer-${index}`);
  await using ends = new AsyncDisposableStack();
  const ground = ends.use(await layGround('caller', ...names));
  print(`${PEERS} peers, each with a tunnel, on listeners of one process`);
  for (const name of names) {
    const mesh = ends.use(await join({ service: name, home: ground.root }));
    await mesh.createTcpServer((socket) => socket.pipe(socket)).listen(0);
  }
  const [few, many] = [ends.use(await caller(ground)), ends.use(await caller(ground))];
  for (const name of names) await callOnce(many, name);
  const cpu = (mesh: Mesh) => async (): Promise<number> => {
    const since = process.cpuUsage();
    let left = CALLS;
    const lane = async (): Promise<void> => {
      while ((left -= 1) >= 0) await callOnce(mesh, 'peer-0');
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    const { user, system } = process.cpuUsage(since);
    return (user + system) / CALLS;
  };
  const { one = [], all = [] } = await interleave({ one: cpu(few), all: cpu(many) }, { rounds: ROUNDS });
  const ratio = median(all.map((each, index) => each / (one[index] ?? NaN)));
  print(`CPU of a stream that is opened and ended, both ends: ${figure(median(one))} and ${figure(median(all))} µs`);
  return [atMost(`CPU a stream where ${PEERS} peers are known, to where one is`, ratio, 'ratio', 1.02)];
}

function caller({ root }: Ground): Promise<Mesh> {
  return join({ service: 'caller', home: root });
}

async function callOnce(mesh: Mesh, service: string): Promise<void> {
  const socket = await mesh.connect(service);
  socket.end('hello');
  socket.resume();
  await once(socket, 'close');
}

function hold(...words: readonly (string | number)[]): ChildProcess {
  return fork(joinPath(import.meta.dirname, 'idle', 'holder.ts'), words.map(String));
}

async function startSidecar(
  ends: AsyncDisposableStack,
  ground: Ground,
  name: string,
  ports: readonly number[],
  words: readonly string[],
): Promise<Served> {
  const program = [joinPath(ROOT, 'packages/cli/bin/themis.js'), 'run', name, '--home', ground.root, ...words];
  const logFile = joinPath(ground.root, `${name}.log`);
  const served = await serve({ command: process.execPath, words: program, logFile, ports });
  ends.defer(served.stop);
  return served;
}

function memories(pids: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, memoryOf(pid).resident]));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Linux only. */
function filesAllowed(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
}
