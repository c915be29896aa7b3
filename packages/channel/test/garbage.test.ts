import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Address } from '@themis-mesh/core';
import { Stage, waitFor, within } from '@themis-mesh/testkit';
import { Relay, type Direction } from './relay.ts';

/** Sends bytes to the port, and waits for the end. */
function send(to: Address, bytes: Uint8Array, how: 'end' | 'reset' | 'wait'): Promise<void> {
  const socket = connect({ ...to });
  socket.on('error', () => undefined).resume();
  socket.write(bytes, () => {
    if (how === 'end') socket.end();
    if (how === 'reset') socket.resetAndDestroy();
  });
  return within(new Promise((resolve) => socket.once('close', () => resolve(undefined))), 'the end');
}

const OTHER_PROTOCOLS = ['GET / HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n'];
const CLIENT_HELLO = Buffer.from('160301', 'hex');

test('whatever comes to the port, the listener goes on', async () => {
  await using stage = await Stage.open({ limits: { handshakeTimeout: 50 } });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.uint8Array({ maxLength: 2000 }).map((rest) => Buffer.concat([CLIENT_HELLO, rest])),
    fc.constantFrom(...OTHER_PROTOCOLS).map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom('end', 'reset', 'wait'), async (some, how) => {
      await send(stage.address, some, how);
    }),
    { numRuns: 60 },
  );
  assert.equal(stage.accepted.length, 0);
  await waitFor(() => stage.listener.waiting === 0, 'the places to be free');
  await stage.dial();
});

test('a record of the largest size, and one beyond it, of every type', async () => {
  await using stage = await Stage.open({ limits: { handshakeTimeout: 50 } });
  for (const type of [0, 20, 21, 22, 23, 24, 255]) {
    for (const length of [0, 1, 16_384, 16_640, 65_535]) {
      const head = Buffer.of(type, 3, 3, length >> 8, length & 255);
      await send(stage.address, Buffer.concat([head, randomBytes(length)]), 'end');
    }
  }
  assert.equal(stage.accepted.length, 0);
  await stage.dial();
});

for (const how of ['end', 'reset'] as const) {
  for (const direction of ['to-accepter', 'to-dialler'] as const) {
    test(`a connection cut by ${how} after any number of bytes ${direction}: a code for the dialler, and the places are free`, async () => {
      await using stage = await Stage.open();
      const as = await stage.app.leaf('web');
      const authenticator = stage.app.trust();
      const total = await bytesOfAHandshake(stage, direction);
      const cuts = Array.from({ length: 24 }, (_, index) => Math.floor((index * total) / 24));
      for (const after of [...cuts, 1, 2, 5, 6, total - 1]) {
        await using relay = await Relay.open(stage.address, { cut: { direction, after, how } });
        const outcome = await within(
          Promise.allSettled([stage.dial({ as, authenticator, address: relay.address })]),
          `the dial cut after ${after}`,
        );
        if (outcome[0].status === 'fulfilled') outcome[0].value.cut();
        else assert.match(String(outcome[0].reason), /^ThemisError: The handshake failed/);
      }
      await waitFor(() => stage.listener.waiting === 0 && stage.listener.channels.size === 0, 'the places to be free');
      assert.deepEqual(
        stage.refusals.filter((code) => code !== 'handshake-failed'),
        [],
      );
      await stage.dial({ as, authenticator });
    });
  }
}

async function bytesOfAHandshake(stage: Stage, direction: Direction): Promise<number> {
  await using relay = await Relay.open(stage.address);
  const channel = await stage.dial({ address: relay.address });
  const total = relay.passed[direction];
  channel.cut();
  return total;
}
