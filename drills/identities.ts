import { once } from 'node:events';
import { join, type Mesh } from '@themis-mesh/mesh';
import { atLeast, atMost, type Measurement } from '../scripts/measure/index.ts';
import { layGround } from '../bench/channel/ground.ts';

const CALLS = 100_000;
const IN_FLIGHT = 32;
const CALLERS = ['alice', 'bob'] as const;

/** Two identities in one process call one server, in turn and many at a time: it never sees one under the other's name. */
export const identities: Measurement = {
  name: 'identities',
  summary: `two identities in one process, ${CALLS} interleaved calls, none under the other's name`,
  async run({ print }) {
    await using ground = await layGround('server', ...CALLERS);
    await using server = await join({ service: 'server', home: ground.root });
    /** What the server saw: under which name each call came. */
    const seen = new Map<string, string>();
    let repeated = 0;
    const listener = server.createServer((request, response) => {
      const call = String(request.headers['x-call']);
      if (seen.has(call)) repeated += 1;
      seen.set(call, String(request.peer.name));
      response.end(call);
    });
    listener.listen(0);
    await once(listener, 'listening');
    await using alice = await join({ service: 'alice', home: ground.root });
    await using bob = await join({ service: 'bob', home: ground.root });
    const meshes = { alice, bob };

    /** What the callers did: as whom each call was made, and that its own answer came back. */
    const made = new Map<string, string>();
    let failed = 0;
    const call = async (number: number): Promise<void> => {
      const as = CALLERS[number % 2] ?? 'alice';
      const name = `${as}-${number}`;
      made.set(name, as);
      if (!(await isAnswered(meshes[as], name))) failed += 1;
    };
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < CALLS) await call(next++);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));

    const confused = [...made].filter(([name, as]) => seen.get(name) !== as).length;
    print(`${made.size} calls made, ${seen.size} seen; ${failed} failed, ${repeated} seen twice`);
    return [
      atLeast('calls seen by the server', seen.size, 'calls', CALLS),
      atMost('calls under another name than their caller had', confused, 'calls', 0),
      atMost('calls without their own answer', failed, 'calls', 0),
      atMost('calls executed twice', repeated, 'calls', 0),
    ];
  },
};

async function isAnswered(mesh: Mesh, name: string): Promise<boolean> {
  try {
    const response = await mesh.fetch('https://server/', { headers: { 'x-call': name } });
    return (await response.text()) === name;
  } catch {
    return false;
  }
}
