import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../scripts/pack/build.ts';
import { ROOT } from '../scripts/root.ts';
import { atMost, describeSpread, interleave, spreadOf, type Measurement } from '../scripts/measure/index.ts';
import { layGround } from './channel/ground.ts';
import { makePlainCredentials, type PlainCredentials } from './channel/plain-credentials.ts';
import type { ServerOrders } from './channel/server.ts';

const ROUNDS = 25;

/** From process start to the first answered call: join and fetch as published, against node:https with mutual TLS. */
export const startUp: Measurement = {
  name: 'start-up',
  summary: 'from process start to the first answered call, against node:https with mutual TLS',
  async run({ print }) {
    await build(ROOT);
    await using ground = await layGround('client', 'server');
    const plain = makePlainCredentials();
    const folder = writeCredentials(plain);
    const server = await startServer({ home: ground.root, plain });
    try {
      const results = await interleave(
        {
          mesh: () => start('mesh-client.mjs', ground.root),
          plain: () => start('plain-client.mjs', folder, String(server.ports.https)),
        },
        { rounds: ROUNDS },
      );
      print(`mesh:       ${describeSpread(spreadOf(results.mesh), 'ms')}`);
      print(`node:https: ${describeSpread(spreadOf(results.plain), 'ms')}`);
      const more = spreadOf(results.mesh.map((milliseconds, round) => milliseconds - (results.plain[round] ?? 0)));
      print(`more:       ${describeSpread(more, 'ms')}`);
      return [atMost('start to first answered call, beyond node:https with mutual TLS', more.median, 'ms', 40)];
    } finally {
      server.child.kill();
      rmSync(folder, { recursive: true });
    }
  },
};

/** @returns what the program says of itself: milliseconds since it was started */
function start(program: string, ...words: readonly string[]): number {
  const path = fileURLToPath(new URL(`./start-up/${program}`, import.meta.url));
  return Number(execFileSync(process.execPath, [path, ...words], { encoding: 'utf8' }));
}

function writeCredentials({ ca, cert, key }: PlainCredentials): string {
  const folder = mkdtempSync(join(tmpdir(), 'themis-plain-'));
  writeFileSync(join(folder, 'ca.pem'), ca);
  writeFileSync(join(folder, 'leaf.pem'), cert);
  writeFileSync(join(folder, 'leaf.key'), key, { mode: 0o600 });
  return folder;
}

async function startServer(orders: ServerOrders) {
  const child = fork(new URL('./channel/server.ts', import.meta.url), { execArgv: process.execArgv });
  child.send(orders);
  const [ports] = (await once(child, 'message')) as [{ readonly https: number }];
  return { child, ports };
}
