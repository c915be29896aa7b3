import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
    notes: [
      carries === 'tcp' ? '--protocol tcp and --forward PORT=origin' : '--protocol http and --forward PORT=http:origin',
      ...NOTES,
    ],
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

  const { entry, client } = await openForward(run, app, carries === 'tcp' ? 'origin' : 'http:origin');
  const live = started.move();
  return {
    entry,
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

async function openForward(run: Run, app: readonly string[], to: string): Promise<Opened> {
  const port = await freePort();
  return { entry: plainEntry(port), client: await run('client', [port], [...app, '--forward', `${port}=${to}`, '--no-proxy']) };
}
