import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { layGround, type Ground } from '../bench/channel/ground.ts';
import { freePort } from '../bench/peers/ground/free-port.ts';
import { serve, type Served } from '../bench/peers/ground/process.ts';
import { atLeast, atMost, figure, memoryOf, type Goal, type Measurement } from '../scripts/measure/index.ts';
import { ROOT } from '../scripts/root.ts';
import { Inspected, INSPECTED, type HeldMemory } from './idle/inspected.ts';
import { knowPeers } from './idle/known-peers.ts';

const CONNECTIONS = 10_000;
/** Opened and closed before, so that code is loaded. */
const WARM_UP = 100;
/** Descriptors that a process needs for all else. */
const OTHER_FILES = 200;
const KIB = 1024;

/**
 * What it costs to hold connections that say nothing, and to know peers that nobody asks. Memory is what is left when nothing is
 * to be collected: each sidecar is told to collect, by its inspector, before each look.
 */
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
  const inspected = async (served: Served): Promise<Inspected> => ends.use(await Inspected.attach(served.pid, served.log()));
  const sides = { 'client side': await inspected(web), 'server side': await inspected(db) };
  const look = (): Promise<readonly HeldMemory[]> => Promise.all(Object.values(sides).map((side) => side.memory()));
  const socketsOf = (): number => memoryOf(app.pid).resident;
  const [before, withoutSockets] = [await look(), socketsOf()];
  const callers = hold('dial', local, count);
  ends.defer(() => void callers.kill());
  let lost = 0;
  callers.on('message', (message) => (lost += message === 'lost' ? 1 : 0));
  await once(callers, 'message');
  const [after, sockets] = [await look(), (socketsOf() - withoutSockets) / count / KIB];
  const goals = Object.keys(sides).map((name, index) => {
    const each = (of: 'resident' | 'objects'): number =>
      ((after[index]?.[of] ?? NaN) - (before[index]?.[of] ?? NaN)) / count / KIB;
    print(`${name}: ${figure(each('resident'))} KiB a connection, of which ${figure(each('objects'))} KiB are objects`);
    return atMost(`memory a connection beyond its socket, ${name}`, each('resident') - sockets, 'KiB', 20);
  });
  print(`the app, which has the sockets alone: ${figure(sockets)} KiB a connection`);
  return [atLeast('idle connections through the sidecars', count - lost, 'connections', count), ...goals];
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
  const program = [...INSPECTED, joinPath(ROOT, 'packages/cli/bin/themis.js'), 'run', name, '--home', ground.root, ...words];
  const logFile = joinPath(ground.root, `${name}.log`);
  const served = await serve({ command: process.execPath, words: program, logFile, ports });
  ends.defer(served.stop);
  return served;
}

/** Linux only. */
function filesAllowed(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
}
