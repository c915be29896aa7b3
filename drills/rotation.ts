import { once } from 'node:events';
import { join } from '@themis-mesh/mesh';
import { atLeast, atMost, figure, type Measurement } from '../scripts/measure/index.ts';
import { layGround } from '../bench/channel/ground.ts';

const REQUESTS = 5000;
const ROTATIONS = 50;
const IN_FLIGHT = 8;
const LEAF_SECONDS = 2;
const MOST_MS = 120_000;

/** Leaves of two seconds are replaced at both ends while requests run, some of them slow: none fails, none is misattributed. */
export const rotation: Measurement = {
  name: 'rotation',
  summary: `at least ${REQUESTS} requests over at least ${ROTATIONS} rotations, none lost`,
  async run({ print }) {
    await using ground = await layGround('client', 'server');
    await using server = await join({ service: 'server', home: ground.root, leafSeconds: LEAF_SECONDS });
    await using client = await join({ service: 'client', home: ground.root, leafSeconds: LEAF_SECONDS });
    const serials = new Set<string>();
    let executed = 0;
    let misattributed = 0;
    const listener = server.createServer((request, response) => {
      executed += 1;
      if (request.peer.name !== 'client' || request.peer.id !== client.id) misattributed += 1;
      serials.add(request.peer.chain.serial);
      const answer = (): unknown => response.end(request.url);
      // One in twenty takes a while, so that leaves are replaced under it.
      if (executed % 20 === 0) setTimeout(answer, 100);
      else answer();
    });
    listener.listen(0);
    await once(listener, 'listening');
    let rotations = 0;
    for (const { events } of [client, server]) events.on('renewed', () => (rotations += 1));

    let asked = 0;
    const failures: string[] = [];
    const end = Date.now() + MOST_MS;
    const isOver = (): boolean => (asked >= REQUESTS && rotations >= ROTATIONS) || Date.now() > end;
    const lane = async (): Promise<void> => {
      while (!isOver()) {
        const path = `/${(asked += 1)}`;
        try {
          const response = await client.fetch(`https://server${path}`, { method: 'POST', body: path });
          if ((await response.text()) !== path) failures.push('the answer to another request');
        } catch (error) {
          failures.push(String(error));
        }
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));

    print(`${asked} requests, ${executed} executed, ${rotations} rotations, ${serials.size} leaves of the client seen`);
    for (const failure of failures.slice(0, 10)) print(failure);
    print(`${figure(asked / Math.max(1, rotations))} requests a rotation`);
    return [
      atLeast('requests', asked, 'requests', REQUESTS),
      atLeast('rotations', rotations, 'rotations', ROTATIONS),
      atMost('failed requests', failures.length, 'requests', 0),
      atMost('requests executed more or less than once', Math.abs(asked - executed), 'requests', 0),
      atMost('requests under another identity', misattributed, 'requests', 0),
    ];
  },
};
