import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import { networkOf } from '../src/network.ts';
import { Stage, waitFor, within } from '@themis-mesh/testkit';

/** The beginning of a ClientHello of 512 bytes: TLS waits for the rest. */
const BEGINNING = Buffer.from('16030102000100', 'hex');

async function dawdle(stage: Stage, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port: stage.address.port, host: '127.0.0.1', localAddress: host });
  socket.on('error', () => undefined).resume();
  await once(socket, 'connect');
  socket.write(BEGINNING);
  return socket;
}

test('who does not finish the handshake in time is put out', async () => {
  await using stage = await Stage.open({ limits: { handshakeTimeout: 100 } });
  const silent = connect({ ...stage.address });
  silent.on('error', () => undefined).resume();
  const slow = await dawdle(stage);
  await within(Promise.all([once(silent, 'close'), once(slow, 'close')]), 'the ends');
  await waitFor(() => stage.listener.waiting === 0, 'the places to be free');
  assert.deepEqual(stage.refusals, ['handshake-timeout', 'handshake-timeout']);
});

test('beyond the limit of a network its oldest handshake goes, and the newest is served', async () => {
  await using stage = await Stage.open({ limits: { handshakesPerNetwork: 4 } });
  const slow: Socket[] = [];
  for (let index = 0; index < 4; index += 1) {
    slow.push(await dawdle(stage));
    await waitFor(() => stage.listener.waiting === index + 1, 'its place');
  }
  const oldest = remoteOf(slow[0]);
  const other = await dawdle(stage, '127.0.9.1');
  await waitFor(() => stage.listener.waiting === 5, 'the place of another network');
  assert.deepEqual(stage.refusals, []);

  const channel = await stage.dial();
  assert.equal(channel.state.is, 'open');
  assert.deepEqual(stage.refusals, ['handshakes-crowded']);
  assert.equal(stage.refused[0]?.remote, oldest);
  await waitFor(() => slow[0]?.closed === true, 'the end of the oldest');
  assert.deepEqual(
    [...slow.slice(1), other].map(({ closed }) => closed),
    [false, false, false, false],
  );
  for (const socket of [...slow, other]) socket.destroy();
});

test('beyond the limit of all the oldest of all goes', async () => {
  await using stage = await Stage.open({ limits: { handshakes: 6, handshakesPerNetwork: 4 } });
  const slow: Socket[] = [];
  const remotes: string[] = [];
  for (let network = 0; network < 8; network += 1) {
    const socket = await dawdle(stage, `127.0.${network + 1}.1`);
    slow.push(socket);
    remotes.push(remoteOf(socket));
    await waitFor(() => stage.listener.waiting === Math.min(6, network + 1), 'its place');
  }
  await waitFor(() => stage.refusals.length === 2, 'two to go');
  assert.deepEqual(
    stage.refused.map(({ remote }) => remote),
    remotes.slice(0, 2),
  );
  await stage.dial();
  assert.equal(stage.listener.waiting, 5);
  for (const socket of slow) socket.destroy();
});

test('a crowd of slow handshakes does not stop good ones', async () => {
  await using stage = await Stage.open({ limits: { handshakes: 64, handshakesPerNetwork: 32 } });
  const crowd: Socket[] = [];
  const press = setInterval(() => {
    for (let index = 0; index < 8; index += 1) {
      const socket = connect({ port: stage.address.port, host: '127.0.0.1', localAddress: `127.0.${index}.1` });
      socket.on('error', () => undefined).resume();
      socket.write(BEGINNING);
      crowd.push(socket);
    }
  }, 5);
  await waitFor(() => stage.refusals.length > 100, 'the crowd');
  const as = await stage.app.leaf('web');
  const authenticator = stage.app.trust();
  for (let index = 0; index < 50; index += 1) {
    const channel = await stage.dial({ as, authenticator });
    channel.cut();
  }
  clearInterval(press);
  assert(stage.listener.waiting <= 64);
  assert.equal(stage.accepted.length, 50);
  for (const socket of crowd) socket.destroy();
});

test('beyond the limit of channels a connection is closed, and its dialler may try elsewhere', async () => {
  await using stage = await Stage.open({ limits: { channels: 3 } });
  const channels = await Promise.all([stage.dial(), stage.dial(), stage.dial()]);
  const isRetryable = (error: unknown): boolean => ThemisError.is(error, 'THEMIS_HANDSHAKE_FAILED') && error.retryable;
  await assert.rejects(stage.dial(), isRetryable);
  assert.deepEqual(stage.refusals, ['channels-exceeded']);
  channels[0].cut();
  await waitFor(() => stage.listener.channels.size === 2, 'a place');
  await stage.dial();
});

test('one identity does not take the places of the others', async () => {
  await using stage = await Stage.open({ limits: { channels: 10, channelsPerPeer: 2 } });
  const greedy = await stage.app.leaf('orders');
  const channels = [await stage.dial({ as: greedy }), await stage.dial({ as: greedy })];
  const again = await stage.app.leaf('orders', { instance: 'another' });
  await assert.rejects(stage.dial({ as: again }), (error) => ThemisError.is(error, 'THEMIS_HANDSHAKE_FAILED'));
  assert.deepEqual(stage.refusals, ['channels-exceeded']);
  await stage.dial();
  channels[0]?.cut();
  await waitFor(() => stage.listener.channels.size === 2, 'a place');
  await stage.dial({ as: again });
});

test('handshakes that are under way do not go beyond the limit of channels either', async () => {
  await using stage = await Stage.open({ limits: { channels: 5 } });
  const dials = await Promise.allSettled(Array.from({ length: 30 }, () => stage.dial()));
  assert.equal(stage.listener.channels.size, 5);
  assert.equal(dials.filter(({ status }) => status === 'fulfilled').length, 5);
});

test('refused connections hold a place until they are gone', async () => {
  await using stage = await Stage.open({ authorize: () => ({ code: 'policy-deny-all', detail: 'by a test' }) });
  await assert.rejects(stage.dial(), (error) => ThemisError.is(error, 'THEMIS_REFUSED_BY_PEER'));
  await waitFor(() => stage.listener.waiting === 0, 'the place to be free');
  assert.equal(stage.accepted.length, 0);
});

test('addresses are counted by network', () => {
  for (const [address, network] of [
    ['192.0.2.77', '192.0.2'],
    ['::ffff:192.0.2.77', '192.0.2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
    ['2001:db8::1', '2001:db8:0'],
    ['2001::1', '2001:0:0'],
    ['2001:db8:1::', '2001:db8:1'],
    ['::1', '0:0:0'],
    ['::', '0:0:0'],
    ['::ffff:0:1', '0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0'],
  ] as const) {
    assert.equal(networkOf(address), network, address);
  }
});

function remoteOf(socket: Socket | undefined): string {
  return `${socket?.localAddress ?? ''}:${socket?.localPort ?? 0}`;
}
