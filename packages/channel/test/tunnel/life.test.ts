import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tunnel } from '@themis-mesh/channel';
import { ManualClock, Stage, waitFor, within } from '@themis-mesh/testkit';
import { Recorder } from './recorder.ts';
import { TunnelPair } from './tunnel-pair.ts';

test('an accepter that drains takes what was begun before the other side can know, finishes it, and closes when all is sent', async () => {
  await using pair = await TunnelPair.open({
    onTaken: ({ stream, recorder }) => (recorder.onEnd = () => stream.end(Buffer.alloc(2_000_000, 97))),
    recorder: () => new Recorder({ keeps: false }),
  });
  const open = pair.begin();
  const { recorder } = await pair.take();
  pair.accepter.drain();
  assert.equal(pair.accepter.state, 'draining');
  // Begun before the news can be here.
  const late = Array.from({ length: 20 }, () => pair.begin('late'));
  for (const { stream } of late) stream?.end(Buffer.alloc(10_000));
  await waitFor(() => pair.dialler.state === 'draining');
  assert.equal(pair.dialler.hasRoom, false);
  assert.throws(() => pair.begin(), RangeError);
  open.stream?.write(Buffer.alloc(1_000_000));
  open.stream?.end();
  for (const one of [open, ...late]) await one.ended();
  for (const one of [open, ...late]) assert.equal(one.received, 2_000_000);
  assert.equal(recorder.received, 1_000_000);
  await waitFor(() => pair.dialler.state === 'closed' && pair.accepter.state === 'closed');
  assert.deepEqual(pair.dialler.channel.state, { is: 'closed', because: undefined });
  assert.deepEqual(pair.accepter.channel.state, { is: 'closed', because: undefined });
  assert.equal(pair.taken.length, 21);
});

test('a dialler that drains begins nothing, finishes what it has, and closes', async () => {
  await using pair = await TunnelPair.open({ onTaken: ({ stream, recorder }) => (recorder.onEnd = () => stream.end()) });
  const open = pair.begin();
  open.stream?.write(Buffer.alloc(500_000));
  pair.dialler.drain();
  assert.throws(() => pair.begin(), RangeError);
  open.stream?.write(Buffer.alloc(500_000));
  open.stream?.end();
  await open.ended();
  assert.equal(pair.taken[0]?.recorder.received, 1_000_000);
  await waitFor(() => pair.dialler.state === 'closed' && pair.accepter.state === 'closed');
});

test('the drain of a channel is the drain of its tunnel, and an idle one closes at once', async () => {
  await using pair = await TunnelPair.open();
  const states: string[] = [];
  pair.dialler.onChange(() => states.push(pair.dialler.state));
  pair.accepter.channel.drain();
  await waitFor(() => pair.dialler.state === 'closed' && pair.accepter.state === 'closed');
  assert.deepEqual(states, ['draining', 'closed']);
});

test('a tunnel over a channel that drains already, or has ended, does the same', async () => {
  await using stage = await Stage.open({ protocols: ['themis/1'] });
  const draining = await stage.dial({ protocol: 'themis/1' });
  draining.drain();
  assert.equal(new Tunnel({ channel: draining }).state, 'draining');
  await waitFor(() => draining.state.is === 'closed');
  const cut = await stage.dial({ protocol: 'themis/1' });
  cut.cut();
  assert.equal(new Tunnel({ channel: cut }).state, 'closed');
});

test('a channel that is cut loses all streams, once each, and whoever hears of it may throw', async () => {
  await using pair = await TunnelPair.open();
  const many = Array.from({ length: 50 }, () => pair.begin());
  for (const { stream } of many) stream?.write(Buffer.alloc(100_000));
  await waitFor(() => pair.taken.length === 50);
  const thrown: unknown[] = [];
  const rest = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  const first = many[0];
  assert.ok(first !== undefined);
  first.onReset = () => {
    first.events.push('reset lost');
    throw new Error('of a receiver');
  };
  pair.accepter.channel.cut({ code: 'member-removed', detail: 'web' });
  for (const { recorder } of pair.taken) assert.equal(recorder.reset, 'reset lost: member-removed (web)');
  for (const one of many) assert.match(await one.wasReset(), /^reset lost/);
  await waitFor(() => thrown.length === 1);
  process.removeAllListeners('uncaughtException');
  for (const listener of rest) process.on('uncaughtException', listener);
  assert.match(String(thrown[0]), /of a receiver/);
  for (const { stream } of many) {
    assert.equal(stream?.write(Buffer.from('more')), false);
    stream?.end();
    stream?.consumed(10);
    stream?.reset('cancelled');
  }
  assert.deepEqual([pair.dialler.state, pair.dialler.size, pair.dialler.hasRoom], ['closed', 0, false]);
});

test('what is read together with the end of a right is not carried out', async () => {
  const accepters: Tunnel[] = [];
  await using pair = await TunnelPair.open({
    onTaken: () => accepters[0]?.channel.cut({ code: 'member-removed', detail: 'by the first' }),
  });
  accepters.push(pair.accepter);
  const all = Array.from({ length: 20 }, () => pair.begin('charge', true));
  for (const one of all) await one.wasReset();
  assert.equal(pair.taken.length, 1);
});

test('a receiver that throws ends its tunnel, and the error is not hidden', async () => {
  await using pair = await TunnelPair.open({
    onTaken: ({ recorder }) => {
      recorder.onData = () => {
        throw new Error('of a receiver');
      };
    },
  });
  const thrown: unknown[] = [];
  const rest = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => thrown.push(error));
  const near = pair.begin();
  near.stream?.write(Buffer.from('x'));
  await near.wasReset();
  await waitFor(() => thrown.length === 1);
  process.removeAllListeners('uncaughtException');
  for (const listener of rest) process.on('uncaughtException', listener);
  assert.equal(pair.accepter.state, 'closed');
  await waitFor(() => pair.accepter.channel.state.is === 'closed');
});

test('no more streams are begun than the accepter takes, and each that is over makes room', async () => {
  await using pair = await TunnelPair.open({ limits: { streams: 3 } });
  const [first] = [pair.begin(), pair.begin(), pair.begin()];
  assert.equal(pair.dialler.hasRoom, false);
  assert.throws(() => pair.begin(), RangeError);
  first.stream?.reset('cancelled');
  assert.equal(pair.dialler.hasRoom, true);
  pair.begin();
  await waitFor(() => pair.taken.length === 4);
  assert.equal(pair.taken[3]?.recorder.reset, undefined);
});

test('who accepts begins no streams, and limits that nobody would take are a mistake of the caller', async () => {
  await using pair = await TunnelPair.open();
  assert.throws(() => pair.accepter.open('bytes', '', false, new Recorder()), RangeError);
  for (const limits of [{ streams: 0 }, { streamCredit: 4095 }, { tunnelCredit: 65_535 }, { tunnelCredit: 2 ** 31 }]) {
    assert.throws(() => new Tunnel({ channel: pair.dialler.channel, limits }), RangeError);
  }
});

test('no timer is left behind', async () => {
  const clock = new ManualClock();
  await using pair = await TunnelPair.open({ clock, recorder: () => new Recorder({ reads: false }) });
  const near = pair.begin();
  near.stream?.write(Buffer.alloc(50_000));
  await waitFor(() => pair.accepter.unread === 50_000);
  pair.dialler.drain();
  near.stream?.reset('cancelled');
  await waitFor(() => pair.dialler.state === 'closed' && pair.accepter.state === 'closed');
  await waitFor(() => pair.dialler.channel.socket.closed && pair.accepter.channel.socket.closed);
  await pair.stage.listener.close();
  assert.equal(clock.pending, 0);
});

test('a peer that says nothing is cut after ten seconds', async () => {
  const clock = new ManualClock();
  await using stage = await Stage.open({
    clock,
    protocols: ['themis/1'],
    onChannel: (channel) => void new Tunnel({ channel, clock, onStream: () => new Recorder() }),
  });
  const { socket } = await stage.dial({ protocol: 'themis/1' });
  socket.resume();
  clock.advance(9_999);
  assert.equal(stage.listener.channels.size, 1);
  clock.advance(1);
  await within(new Promise((resolve) => socket.once('close', resolve)), 'the end');
  await waitFor(() => stage.refusals.length === 1);
  assert.deepEqual(stage.refusals, ['tunnel-malformed']);
});
