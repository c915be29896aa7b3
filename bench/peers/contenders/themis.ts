import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../../../scripts/root.ts';
import { layGround } from '../../channel/ground.ts';
import { freePort } from '../ground/free-port.ts';
import { serve, type Served } from '../ground/process.ts';
import type { NodeRelease } from '../node-releases.ts';
import { plainEntry, type Carries, type Contender, type Entry, type Pair, type Stage } from './contender.ts';

const NOTES = [
  'the group is X25519MLKEM768, which ours choose between themselves',
  'each side proves the other by its key history, and no session is resumed',
];

/** A pair of sidecars, `themis run` twice, as somebody would start them. */
export function themisPair(carries: Carries, node: NodeRelease): Contender {
  return {
    name: `Themis ${carries} (Node ${node.version})`,
    kind: 'ours',
    carries: [carries],
    notes: [carries === 'tcp' ? '--protocol tcp and --forward' : '--protocol http, through the explicit proxy', ...NOTES],
    start: (stage) => startPair(carries, node, stage),
  };
}

async function startPair(carries: Carries, node: NodeRelease, stage: Stage): Promise<Pair> {
  await using started = new AsyncDisposableStack();
  const ground = started.use(await layGround('client', 'origin'));
  const folder = join(stage.folder, `themis-${carries}-${node.version}`);
  mkdirSync(folder);
  const run = async (side: 'client' | 'server', ports: readonly number[], words: readonly string[]): Promise<Served> => {
    const program = [join(ROOT, 'packages/cli/bin/themis.js'), 'run', side === 'server' ? 'origin' : side, '--home', ground.root];
    const served = await serve({ command: node.path, words: [...program, ...words], logFile: join(folder, side), ports });
    started.defer(served.stop);
    return served;
  };
  const tlsPort = await freePort();
  const app = ['--port', String(stage.origin.port)];
  const policy = join(folder, 'policy.yaml');
  writeFileSync(policy, carries === 'http' ? OPEN_PATHS : ALL_BYTES);
  const who = ['--policy-file', policy, '--no-proxy'];
  const server = await run('server', [tlsPort], [...app, '--protocol', carries, '--listen', `127.0.0.1:${tlsPort}`, ...who]);

  const { entry, client } = carries === 'tcp' ? await openForward(run, app) : await openProxy(run, folder);
  const live = started.move();
  return {
    entry,
    // The holder of the proxy's credential, where there is one, is no part of the sidecar.
    client: () => [client.pid],
    server: () => [server.pid],
    tlsPort,
    stop: () => live.disposeAsync(),
  };
}

/** The same as the native pairs are told. */
const OPEN_PATHS = `default: deny-all
rules:
  - name: open
    action: allow
    services: [client]
    paths: [/open/**]
`;
const ALL_BYTES = 'default: deny-all\nallow: [client]\n';

type Run = (side: 'client', ports: readonly number[], words: readonly string[]) => Promise<Served>;

interface Opened {
  readonly entry: Entry;
  readonly client: Served;
}

async function openForward(run: Run, app: readonly string[]): Promise<Opened> {
  const port = await freePort();
  return { entry: plainEntry(port), client: await run('client', [port], [...app, '--forward', `${port}=origin`, '--no-proxy']) };
}

/** The proxy's credential is given to the program alone that a sidecar starts: so one is started that hands it on. */
async function openProxy(run: Run, folder: string): Promise<Opened> {
  const [port, file] = [await freePort(), join(folder, 'proxy')];
  const holder = join(import.meta.dirname, 'proxy-holder.mjs');
  const client = await run('client', [port], ['--port', String(port), '--', process.execPath, holder, String(port), file]);
  const url = new URL(await textOf(file));
  const credential = Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64');
  const headers = { host: 'origin.mesh.internal', 'proxy-authorization': `Basic ${credential}` };
  return { entry: { port: Number(url.port), prefix: 'http://origin.mesh.internal', headers }, client };
}

async function textOf(path: string): Promise<string> {
  for (let wait = 0; wait < 500; wait++) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') return text;
    await delay(20);
  }
  throw new Error('the program behind the sidecar was given no proxy');
}
