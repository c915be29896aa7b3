import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { makeBadLeaves, sendInOneFlight, Stage, within } from '@themis-mesh/testkit';
import { applyLoad, atLeast, atMost, type Measurement } from '../scripts/measure/index.ts';

const TRIES = 10_000;
const GOOD = 100;
const AT_ONCE = 32;
const PROTOCOLS = ['http/1.1', 'themis-http/1'] as const;
const REQUEST = 'POST /charge HTTP/1.1\r\nhost: payments\r\ncontent-length: 2\r\n\r\n{}';

/**
 * A TLS 1.3 client is done before its certificate was judged, so it can send a request in the same flight. Every defect that
 * can be made without breaking cryptography is tried, in one piece with the request, and none may reach the HTTP parser.
 */
export const earlyRequest: Measurement = {
  name: 'early-request',
  summary: `${TRIES} requests in the flight of a bad client's Finished: none is executed`,
  async run({ print }) {
    let executed = 0;
    const server = createServer((_, response) => {
      executed += 1;
      response.end('charged');
    });
    await using stage = await Stage.open({ onChannel: ({ socket }) => server.emit('connection', socket) });
    const bad = await makeBadLeaves(stage.app, 'web', Math.floor(Date.now() / 1000));
    let inOnePiece = 0;
    let toldWhy = 0;
    let tries = 0;
    const attack = async (): Promise<void> => {
      const index = tries++;
      const { leaf, refusal } = bad[index % bad.length] ?? fail('there are bad leaves');
      const protocol = PROTOCOLS[Math.floor(index / bad.length) % PROTOCOLS.length] ?? 'http/1.1';
      const { socket, flights } = sendInOneFlight(stage.address, leaf, protocol, REQUEST);
      if ((await within(text(socket))).includes(refusal)) toldWhy += 1;
      // The hello, and everything else at once.
      if (flights.length === 2) inOnePiece += 1;
    };
    await applyLoad({ inFlight: AT_ONCE, operations: TRIES, run: attack });
    const executedOfBad = executed;

    const leaf = await stage.app.leaf('web');
    const serve = async (): Promise<void> => {
      const { socket } = sendInOneFlight(stage.address, leaf, 'http/1.1', REQUEST);
      await within(new Promise((resolve) => socket.once('data', resolve)));
      socket.destroy();
    };
    await applyLoad({ inFlight: AT_ONCE, operations: GOOD, run: serve });
    print(
      `${TRIES} tries with ${bad.length} defects on ${PROTOCOLS.length} protocols, ${executed - executedOfBad} of ${GOOD} good ones executed`,
    );
    return [
      atMost('requests of bad clients executed', executedOfBad, 'requests', 0),
      atMost('bad clients taken', stage.accepted.length - GOOD, 'channels', 0),
      atLeast('requests in one piece with Finished', inOnePiece, 'requests', TRIES),
      atLeast('bad clients that read why', toldWhy, 'clients', TRIES),
      atLeast('the same requests of a good client executed', executed - executedOfBad, 'requests', GOOD),
    ];
  },
};

function fail(what: string): never {
  throw new TypeError(what);
}
