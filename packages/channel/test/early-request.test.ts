import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { makeBadLeaves, sendInOneFlight, Stage, within } from '@themis-mesh/testkit';

const REQUEST = 'POST /charge HTTP/1.1\r\nhost: payments\r\ncontent-length: 2\r\n\r\n{}';

interface Till {
  readonly stage: Stage;
  readonly executed: string[];
}

async function openTill(): Promise<Till> {
  const executed: string[] = [];
  const server = createServer((request, response) => {
    executed.push(request.url ?? '');
    response.end('charged');
  });
  const stage = await Stage.open({ onChannel: ({ socket }) => server.emit('connection', socket) });
  return { stage, executed };
}

test('a request in the flight of a bad Finished reaches no parser', async () => {
  const { stage, executed } = await openTill();
  await using _ = stage;
  const now = Math.floor(Date.now() / 1000);
  const bad = await makeBadLeaves(stage.app, 'web', now);
  let tries = 0;
  for (const protocol of ['http/1.1', 'themis-http/1']) {
    for (const { leaf, refusal } of bad) {
      for (let round = 0; round < 5; round += 1) {
        const { socket, flights } = sendInOneFlight(stage.address, leaf, protocol, REQUEST);
        assert.match(await within(text(socket)), new RegExp(refusal));
        assert.equal(flights.length, 2, 'the hello, and all the rest in one piece');
        tries += 1;
      }
    }
  }
  assert.equal(stage.refusals.length, tries);
  assert.deepEqual(executed, []);
  assert.equal(stage.accepted.length, 0);
});

test('the same flight of a good client is answered, so that the test above shows something', async () => {
  const { stage, executed } = await openTill();
  await using _ = stage;
  const { socket, flights } = sendInOneFlight(stage.address, await stage.app.leaf('web'), 'http/1.1', REQUEST);
  const heard = await within(new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString()))));
  assert.match(String(heard), /^HTTP\/1\.1 200 OK[^]*charged$/);
  assert.equal(flights.length, 2);
  assert.deepEqual(executed, ['/charge']);
  socket.destroy();
});
