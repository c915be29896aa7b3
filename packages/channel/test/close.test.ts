import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { Stage, waitFor, within } from '@themis-mesh/testkit';
import { Relay } from './relay.ts';

test('a listener that closes drains its channels, and is closed when they are', async () => {
  const stage = await Stage.open({ onChannel: ({ socket }) => socket.pipe(socket) });
  const channel = await stage.dial();
  let isClosed = false;
  const closed = stage.listener.close().then(() => (isClosed = true));
  assert.equal(stage.listener.address, undefined);
  assert.equal(stage.accepted[0]?.state.is, 'draining');
  await assert.rejects(stage.dial(), (error) => ThemisError.is(error, 'THEMIS_DIAL_FAILED'));
  channel.socket.write('still here');
  await within(once(channel.socket, 'data'), 'the echo');
  assert.equal(isClosed, false);
  channel.socket.end();
  await within(closed, 'the listener to be closed');
  await stage.listener.close();
});

test('a listener that closes waits for no handshake', async () => {
  const stage = await Stage.open();
  const idle = connect({ ...stage.address }).on('error', () => undefined);
  await using relay = await Relay.open(stage.address, { hold: true });
  const failure = assert.rejects(stage.dial({ address: relay.address }), (error) => ThemisError.is(error) && error.retryable);
  await waitFor(() => stage.listener.waiting === 2, 'both connections');
  await within(stage.listener.close(), 'the listener to be closed', 1000);
  relay.release();
  await failure;
  assert.equal(stage.accepted.length, 0);
  assert.deepEqual(stage.refusals, []);
  idle.destroy();
});

test('a listener can cut what it has', async () => {
  const stage = await Stage.open();
  const channels = await Promise.all([stage.dial(), stage.dial()]);
  for (const { socket } of channels) socket.resume();
  stage.listener.cut();
  await within(stage.listener.close(), 'the listener to be closed');
  await waitFor(() => channels.every(({ state }) => state.is === 'closed'), 'the other ends');
  assert.deepEqual(stage.refusals, []);
  assert.deepEqual(stage.accepted[0]?.state, { is: 'closed', because: undefined });
});

test('a port that is taken, and an address of another machine, are coded errors', async () => {
  await using stage = await Stage.open();
  const other = await Stage.open();
  await other[Symbol.asyncDispose]();
  await assert.rejects(other.listener.listen(stage.address.port), (error) => ThemisError.is(error, 'THEMIS_PORT_IN_USE'));
  await assert.rejects(other.listener.listen(0, '192.0.2.1'), (error) => ThemisError.is(error, 'THEMIS_CONFIG_INVALID'));
});
