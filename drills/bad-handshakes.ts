import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Channel } from '@themis-mesh/channel';
import { makeBadLeaves, Stage, type TestLeaf } from '@themis-mesh/testkit';
import { atLeast, atMost, describeSpread, figure, memoryOf, spreadOf, type Measurement } from '../scripts/measure/index.ts';
import type { AttackOrders, AttackReport } from './bad-handshakes/attacker.ts';

const TRIES = 20_000;
const WARM_UP = 6000;
const AT_ONCE = 48;
const MIB = 1024 * 1024;

/**
 * Handshakes that are spoiled in every way that an attacker has who breaks no cryptography, from another process, while
 * somebody who may calls on and on. Half of its calls open a channel of their own.
 */
export const badHandshakes: Measurement = {
  name: 'bad-handshakes',
  summary: `${TRIES} bad handshakes: none is taken, memory stays, good calls go on`,
  async run({ print }) {
    let executed = 0;
    let channels = 0;
    const refusals = new Map<string, number>();
    const server = createServer((_, response) => {
      executed += 1;
      response.end('charged');
    });
    await using stage = await Stage.open({
      keep: false,
      onChannel: ({ socket }) => {
        channels += 1;
        server.emit('connection', socket);
      },
      onRefused: ({ refusal: { code } }) => {
        refusals.set(code, (refusals.get(code) ?? 0) + 1);
      },
    });
    const bad = await makeBadLeaves(stage.app, 'web', Math.floor(Date.now() / 1000));
    const leaves = bad.map(({ leaf }) => leaf);

    const calm = new Caller(stage, await stage.app.leaf('web'));
    await calm.during(new Promise((resolve) => setTimeout(resolve, 2000)));
    await attack(stage, leaves, WARM_UP);
    const before = collectedMemory();
    const caller = new Caller(stage, await stage.app.leaf('web'));
    const report = await caller.during(attack(stage, leaves, TRIES));
    const after = collectedMemory();

    print([...refusals].map(([code, count]) => `${count} ${code}`).join(', '));
    print(`${describe(before)} after ${WARM_UP}, ${describe(after)} after ${WARM_UP + TRIES}`);
    print(`a good call in calm: ${describeSpread(spreadOf(calm.milliseconds), 'ms')}`);
    print(`a good call meanwhile: ${describeSpread(spreadOf(caller.milliseconds), 'ms')}`);
    const calls = calm.milliseconds.length + caller.milliseconds.length;
    return [
      atMost('bad handshakes taken, as the attacker hears it', report.taken, 'handshakes', 0),
      atMost("channels that are not the good caller's", channels - calm.channels - caller.channels, 'channels', 0),
      atMost("requests that are not the good caller's", executed - calls, 'requests', 0),
      atLeast('bad callers with a chain that read why', report.told, 'handshakes', Math.floor(TRIES / WAYS) * WAYS_TOLD),
      atMost('good calls that failed meanwhile', caller.failures, 'calls', 0),
      atLeast('good calls meanwhile', caller.milliseconds.length, 'calls', 500),
      atMost('growth of memory in use', after.used - before.used, 'MiB', 16),
      // The allocator keeps what it once had; a leak of a connection each would be ten times as much.
      atMost('growth of resident memory', after.resident - before.resident, 'MiB', 64),
      atMost('connections left behind', stage.listener.waiting, 'connections', 0),
    ];
  },
};

interface Held {
  readonly resident: number;
  /** In objects and in what belongs to them outside the heap of JavaScript. */
  readonly used: number;
}

/** MiB that are held when nothing is left to be collected. */
function collectedMemory(): Held {
  setFlagsFromString('--expose-gc');
  // What V8 puts into a new context then; its types do not know it.
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return { resident: memoryOf().resident / MIB, used: (heapUsed + external) / MIB };
}

function describe({ resident, used }: Held): string {
  return `${figure(used)} MiB in use (${figure(resident)} resident)`;
}

/** How many ways the attacker has: with each of seven bad leaves two, without a certificate one, and eight that TLS ends. */
const WAYS = 7 * 2 + 1 + 8;
const WAYS_TOLD = 7 * 2 + 1;

async function attack({ address }: Stage, leaves: readonly TestLeaf[], tries: number): Promise<AttackReport> {
  const child = fork(new URL('./bad-handshakes/attacker.ts', import.meta.url), { execArgv: process.execArgv });
  const orders: AttackOrders = { address, leaves: leaves.map(withoutSecretsOfTheTest), tries, inFlight: AT_ONCE };
  child.send(orders);
  const [report] = (await once(child, 'message')) as [AttackReport];
  await once(child, 'exit');
  return report;
}

function withoutSecretsOfTheTest({ key, chain, serial, notAfter }: TestLeaf): AttackOrders['leaves'][number] {
  return { key, chain, serial, notAfter };
}

/** Somebody who may call, and does so without a pause. */
class Caller {
  readonly milliseconds: number[] = [];
  failures = 0;
  channels = 0;
  readonly #stage: Stage;
  readonly #leaf: TestLeaf;

  constructor(stage: Stage, leaf: TestLeaf) {
    this.#stage = stage;
    this.#leaf = leaf;
  }

  async during<T>(event: Promise<T>): Promise<T> {
    let isOver = false;
    const done = event.finally(() => (isOver = true));
    const authenticator = this.#stage.app.trust();
    let kept: Channel | undefined;
    for (let index = 0; !isOver; index += 1) {
      const begun = performance.now();
      try {
        const isNew = kept?.state.is !== 'open' || index % 2 === 0;
        const channel = isNew ? await this.#stage.dial({ as: this.#leaf, authenticator, protocol: 'http/1.1' }) : kept;
        if (channel === undefined) continue;
        if (isNew) this.channels += 1;
        await request(channel);
        this.milliseconds.push(performance.now() - begun);
        if (isNew) kept?.cut();
        kept = channel;
      } catch {
        this.failures += 1;
      }
    }
    kept?.cut();
    return done;
  }
}

function request({ socket }: Channel): Promise<void> {
  return new Promise((resolve, reject) => {
    const onData = (bytes: Buffer): void => {
      socket.off('close', onClose);
      if (bytes.toString('latin1').startsWith('HTTP/1.1 200')) resolve();
      else reject(new Error('another answer'));
    };
    const onClose = (): void => {
      socket.off('data', onData);
      reject(new Error('closed without an answer'));
    };
    socket.once('data', onData);
    socket.once('close', onClose);
    socket.write('GET / HTTP/1.1\r\nhost: payments\r\n\r\n');
  });
}
