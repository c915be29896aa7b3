import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { OnStream } from '@themis-mesh/channel';
import { ManualClock, waitFor, rawFrames } from '@themis-mesh/testkit';
import { ACK, END, FRAME } from '../../src/tunnel/frame.ts';
import { encodeGoaway } from '../../src/tunnel/control-frames.ts';
import { RawPeer, type RawPeerOptions } from './raw-peer.ts';
import { Recorder } from './recorder.ts';

const { data, frame, limits, open, uint32, window } = rawFrames;

interface Fault {
  readonly what: string;
  readonly frames: readonly Uint8Array[];
  readonly detail: RegExp;
}

const PING = frame(FRAME.ping, 0, Buffer.alloc(8));

/** What no dialler may send, after its limits and its first stream. */
const FAULTS_OF_DIALLERS: readonly Fault[] = [
  { what: 'limits twice', frames: [limits()], detail: /limits out of their place/ },
  { what: 'limits on a stream', frames: [frame(FRAME.limits, 1, Buffer.alloc(12))], detail: /limits out of their place/ },
  { what: 'a frame that is too long', frames: [Buffer.of(1, 0, 1, FRAME.head, 0, 0, 0, 1)], detail: /a frame of 65537 bytes/ },
  { what: 'data that is too long', frames: [Buffer.of(255, 255, 255, FRAME.data, 0, 0, 0, 1)], detail: /16777215 bytes/ },
  { what: 'a stream beyond the highest', frames: [Buffer.of(0, 0, 0, 0, 0x80, 0, 0, 1)], detail: /stream 2147483649/ },
  { what: 'a stream with the number 0', frames: [open(0)], detail: /stream 0 out of its order/ },
  { what: 'a stream twice', frames: [open(1)], detail: /stream 1 out of its order/ },
  { what: 'a stream left out', frames: [open(3)], detail: /stream 3 out of its order/ },
  { what: 'a stream without a kind', frames: [frame(FRAME.open, 2)], detail: /a frame of 0 bytes/ },
  { what: 'data on no stream', frames: [data(0, 'x')], detail: /stream 0 was not begun/ },
  { what: 'data on a stream that was not begun', frames: [data(2, 'x')], detail: /stream 2 was not begun/ },
  { what: 'a head on a stream that was not begun', frames: [frame(FRAME.head, 2, 'x')], detail: /stream 2 was not begun/ },
  { what: 'a reset of a stream that was not begun', frames: [frame(FRAME.reset, 2, '\0')], detail: /stream 2 was not/ },
  { what: 'credit for a stream that was not begun', frames: [window(2, 5000)], detail: /stream 2 was not begun/ },
  { what: 'a reset of the tunnel', frames: [frame(FRAME.reset, 0, '\0')], detail: /stream 0 was not begun/ },
  { what: 'a reset without a code', frames: [frame(FRAME.reset, 1)], detail: /a frame of 0 bytes/ },
  { what: 'data after the end', frames: [data(1, '', END), data(1, 'x')], detail: /data after the end of stream 1/ },
  { what: 'an end after the end', frames: [data(1, '', END), data(1, '', END)], detail: /data after the end/ },
  { what: 'a head after the end', frames: [data(1, '', END), frame(FRAME.head, 1, 'x')], detail: /a head after the end/ },
  { what: 'credit of nothing', frames: [window(1, 0)], detail: /credit of nothing/ },
  { what: 'credit of nothing for the tunnel', frames: [window(0, 0)], detail: /credit of nothing/ },
  { what: 'credit of three bytes', frames: [frame(FRAME.window, 1, Buffer.alloc(3))], detail: /a frame of 3 bytes/ },
  { what: 'a ping on a stream', frames: [frame(FRAME.ping, 1, Buffer.alloc(8))], detail: /a ping that is none/ },
  { what: 'a ping of seven bytes', frames: [frame(FRAME.ping, 0, Buffer.alloc(7))], detail: /a ping that is none/ },
  { what: 'goaway from who dialled', frames: [frame(FRAME.goaway, 0, encodeGoaway(0, 'drained', ''))], detail: /goaway/ },
];

const FLOW_FAULTS: readonly Fault[] = [
  { what: 'one byte more than a stream has', frames: [data(1, Buffer.alloc(65_536)), data(1, 'x')], detail: /stream 1/ },
  { what: 'credit that overflows', frames: [window(1, 0x7fff_ffff)], detail: /too much credit for stream 1/ },
  { what: 'credit of the tunnel that overflows', frames: [window(0, 0x7fff_ffff)], detail: /too much credit for the tunnel/ },
  { what: 'the most credit there is', frames: [window(1, 0xffff_ffff)], detail: /too much credit for stream 1/ },
];

function serve(recorders: Recorder[], reads = true): Pick<RawPeerOptions, 'onStream'> {
  return {
    onStream: (stream) => {
      const recorder = new Recorder({ reads }).on(stream);
      recorders.push(recorder);
      return recorder;
    },
  };
}

for (const [name, faults] of [
  ['protocol', FAULTS_OF_DIALLERS],
  ['flow-control', FLOW_FAULTS],
] as const) {
  for (const { what, frames, detail } of faults) {
    test(`${what}: the tunnel is ended, the peer told why, and its streams are lost`, async () => {
      const recorders: Recorder[] = [];
      await using peer = await RawPeer.open(serve(recorders, false));
      peer.send(open(1));
      await waitFor(() => recorders.length === 1);
      peer.send(...frames, PING, data(1, 'behind it'));
      await peer.hears(`goaway 1 ${name}`);
      assert.equal(peer.tunnel.state, 'closed');
      assert.match(String(recorders[0]?.reset), /^reset lost: fault of the other side/);
      assert.ok(!peer.got.some((frame) => frame.startsWith('pong')));
      await waitFor(() => peer.hasEnded);
      peer.channel.socket.end();
      assert.match(await peer.isFaulted('tunnel-malformed'), detail);
      assert.deepEqual(peer.stage.refusals, ['tunnel-malformed']);
    });
  }
}

for (const [what, first] of [
  ['a stream', open(1)],
  ['a ping', PING],
  ['data', data(1, 'x')],
  ['a frame of an unknown type', frame(9, 0, 'x')],
  ['limits that are too short', frame(FRAME.limits, 0, Buffer.alloc(11))],
  ['limits of no streams', frame(FRAME.limits, 0, Buffer.concat([uint32(0), uint32(65_536), uint32(65_536)]))],
  ['limits of crumbs', frame(FRAME.limits, 0, Buffer.concat([uint32(1), uint32(100), uint32(65_536)]))],
  ['limits of a tunnel below a stream', frame(FRAME.limits, 0, Buffer.concat([uint32(1), uint32(65_536), uint32(65_535)]))],
  ['limits beyond the most', frame(FRAME.limits, 0, Buffer.concat([uint32(1), uint32(65_536), uint32(0x8000_0000)]))],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: payments\r\n\r\n')],
] as const) {
  test(`${what} for a first frame is a fault`, async () => {
    await using peer = await RawPeer.open({ ...serve([]), says: false });
    peer.send(first);
    await peer.isFaulted('tunnel-malformed');
  });
}

test('an accepter that breaks the rules is cut by who dialled', async () => {
  for (const [what, frames, detail] of [
    ['begins a stream', [open(1)], /stream 1 out of its order/],
    ['sends on a stream that was not begun', [data(2, 'x')], /stream 2 was not begun/],
    ['sends more than it may', [data(1, Buffer.alloc(65_536)), data(1, 'x')], /more than the credit of stream 1/],
    ['says goaway on a stream', [frame(FRAME.goaway, 1, encodeGoaway(0, 'drained', ''))], /goaway out of its place/],
    ['says goaway with nothing in it', [frame(FRAME.goaway, 0, uint32(0))], /a frame of 4 bytes/],
  ] as const) {
    await using peer = await RawPeer.open();
    await waitFor(() => peer.tunnel.hasRoom);
    const near = new Recorder({ reads: false });
    near.on(peer.tunnel.open('bytes', what, false, near));
    await peer.hears(`open 1 1 ${what}`);
    peer.send(...frames);
    await near.wasReset();
    assert.match(await peer.isFaulted('tunnel-malformed'), detail, what);
  }
});

test('more than the credit of a tunnel is a fault, although each stream keeps to its own', async () => {
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open({ ...serve(recorders, false), limits: { tunnelCredit: 100_000 } });
  peer.send(open(1), open(2), data(1, Buffer.alloc(50_000)), data(2, Buffer.alloc(50_000)));
  await waitFor(() => peer.tunnel.unread === 100_000);
  peer.send(data(2, 'x'));
  assert.match(await peer.isFaulted('tunnel-malformed'), /more than the credit of the tunnel/);
});

test('credit is given to the byte: what was granted may come, and no more', async () => {
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open(serve(recorders, false));
  peer.send(open(1), data(1, Buffer.alloc(65_536)));
  await waitFor(() => recorders[0]?.unread === 65_536);
  recorders[0]?.read(40_000);
  await peer.hears('window 1 40000');
  peer.send(data(1, Buffer.alloc(40_000)), PING);
  await peer.hears('pong 0000000000000000');
  peer.send(data(1, 'x'));
  await peer.isFaulted('tunnel-malformed');
});

test('frames for streams that are over have no meaning, and their credit goes back', async () => {
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open({ ...serve(recorders), limits: { tunnelCredit: 65_536 } });
  peer.send(open(1));
  await waitFor(() => recorders.length === 1);
  recorders[0]?.stream?.reset('cancelled');
  await peer.hears('reset 1 cancelled');
  peer.send(data(1, Buffer.alloc(60_000)), data(1, '', END), data(1, 'x'), frame(FRAME.head, 1, 'x'), window(1, 0x7fff_ffff));
  peer.send(frame(FRAME.reset, 1, '\0'), PING);
  await peer.hears('pong 0000000000000000');
  assert.ok(peer.got.some((frame) => frame.startsWith('window 0')));
  assert.equal(peer.tunnel.unread, 0);
  assert.deepEqual(recorders[0]?.events, []);
});

test('what a later release adds is passed over: types, flags, kinds, codes, more in limits', async () => {
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open({ ...serve(recorders), says: false });
  peer.send(frame(FRAME.limits, 0, Buffer.concat([uint32(10), uint32(65_536), uint32(65_536), randomBytes(20)])));
  peer.send(frame(8, 0, randomBytes(65_536)), frame(15, 77, ''), frame(FRAME.open, 1, '\x07later'), open(2, 'known', 0b1110));
  peer.send(frame(FRAME.head, 2, 'head', 0b1110), data(2, 'x', 0b1110));
  await peer.hears('reset 1 malformed');
  await waitFor(() => recorders[0]?.text === 'x');
  assert.deepEqual(recorders[0]?.events, ['head head', 'data']);
  peer.send(frame(FRAME.reset, 2, '\xc8why'));
  assert.equal(await recorders[0]?.wasReset(), 'reset broken: why');
});

test('frames one byte at a time, the largest head among them', async () => {
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open({ ...serve(recorders), says: false });
  const head = randomBytes(30_000).toString('latin1');
  const all = Buffer.concat([limits(), open(1, head), frame(FRAME.head, 1, head), data(1, 'body', END), PING]);
  const { socket } = peer.channel;
  for (let at = 0; at < all.length; at += 1) {
    if (!socket.write(all.subarray(at, at + 1))) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await peer.hears('pong 0000000000000000');
  assert.deepEqual(recorders[0]?.events, [`head ${head}`, 'data', 'end']);
});

test('who closes in the middle of a frame loses its streams, and nothing else happens', async () => {
  for (const how of ['end', 'destroy'] as const) {
    const recorders: Recorder[] = [];
    await using peer = await RawPeer.open(serve(recorders));
    peer.send(open(1), data(1, 'whole'), data(1, 'not whole').subarray(0, 12));
    await waitFor(() => recorders[0]?.text === 'wholenot ');
    peer.channel.socket[how]();
    assert.match(String(await recorders[0]?.wasReset()), /^reset lost/);
    assert.equal(peer.tunnel.state, 'closed');
    await waitFor(() => peer.tested.state.is === 'closed');
  }
});

test('streams beyond the limit are refused, and those in it go on', async () => {
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open({ ...serve(recorders), limits: { streams: 2 } });
  peer.send(open(1), open(2), open(3), data(3, 'x'), data(3, '', END), data(1, 'fine', END));
  await peer.hears('reset 3 refused');
  await waitFor(() => recorders[0]?.text === 'fine');
  assert.equal(recorders.length, 2);
  recorders[0]?.stream?.end();
  peer.send(open(4));
  await waitFor(() => recorders.length === 3);
});

test('a stream whose heads come without end is reset', async () => {
  for (const [size, count] of [
    [10, 129],
    [60_000, 3],
  ] as const) {
    const recorders: Recorder[] = [];
    await using peer = await RawPeer.open(serve(recorders));
    peer.send(open(1), ...Array.from({ length: count }, () => frame(FRAME.head, 1, 'a'.repeat(size))));
    await peer.hears('reset 1 malformed');
    assert.equal(await recorders[0]?.wasReset(), 'reset malformed: too many heads');
    assert.equal(recorders[0]?.events.length, count);
    assert.equal(peer.tunnel.state, 'open');
  }
});

const EMPTY_DATA = data(1, '');
const FLOODS: readonly [string, (count: number) => Uint8Array][] = [
  ['pings', () => PING],
  ['empty data', () => EMPTY_DATA],
  ['crumbs of credit', () => window(1, 1)],
  ['crumbs of credit for the tunnel', () => window(0, 1)],
  ['frames of an unknown type', () => frame(8, 0)],
  ['answers to pings that were not sent', () => frame(FRAME.ping, 0, Buffer.alloc(8), 1)],
  ['streams that are reset', (count) => Buffer.concat([open(count + 2), frame(FRAME.reset, count + 2, '\0')])],
  ['resets of a stream that is over', () => frame(FRAME.reset, 1, '\0')],
];

for (const [what, make] of FLOODS) {
  test(`a flood of ${what} ends the tunnel, a burst does not, and a steady trickle neither`, async () => {
    const clock = new ManualClock();
    await using peer = await RawPeer.open({ ...serve([]), clock });
    peer.send(open(1));
    let count = 0;
    const send = (frames: number): void => {
      peer.send(Buffer.concat(Array.from({ length: frames }, () => make(count++))));
    };
    const settle = async (): Promise<void> => {
      const before = peer.got.length;
      peer.send(frame(FRAME.ping, 0, Buffer.alloc(8, 1)));
      await waitFor(() => peer.got.slice(before).includes('pong 0101010101010101') || peer.tunnel.state === 'closed');
    };
    send(9000);
    await settle();
    assert.equal(peer.tunnel.state, 'open');
    for (let second = 0; second < 20; second += 1) {
      clock.advance(1000);
      send(1900);
      await settle();
    }
    assert.equal(peer.tunnel.state, 'open');
    send(11_000);
    await waitFor(() => peer.got.at(-1)?.endsWith('nuisance'), 'the goaway');
    peer.channel.socket.end();
    await peer.isFaulted('tunnel-nuisance');
  });
}

test('who dialled does not blame its accepter for resetting as many streams as were begun', async () => {
  const clock = new ManualClock();
  await using peer = await RawPeer.open({ clock });
  await waitFor(() => peer.tunnel.hasRoom);
  for (let round = 0; round < 20; round += 1) {
    const all = Array.from({ length: 1000 }, () => {
      const near = new Recorder();
      return near.on(peer.tunnel.open('http', '', true, near));
    });
    peer.send(...all.map(({ stream }) => frame(FRAME.reset, stream?.id ?? 0, '\x03')));
    for (const one of all) await one.wasReset();
  }
  assert.equal(peer.tunnel.state, 'open');
  peer.send(...Array.from({ length: 11_000 }, () => frame(FRAME.reset, 1, '\x03')));
  await peer.isFaulted('tunnel-nuisance');
});

test('what a peer asks for and does not read is bounded: it is cut', async () => {
  // No nuisance by their number alone, but each is answered by more than it took to ask.
  const onStream: OnStream = (stream) => {
    stream.reset('forbidden', 'a'.repeat(256));
    return new Recorder();
  };
  await using peer = await RawPeer.open({ onStream, reads: false });
  peer.channel.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  for (let id = 1; id < 100_000;) peer.send(...Array.from({ length: 1000 }, () => open(id++, '', END)));
  assert.match(await peer.isFaulted('tunnel-nuisance'), /asks for more than it reads/);
  assert.ok(peer.tunnel.begun < 99_000, `${peer.tunnel.begun} streams`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16_000_000);
});

test('a peer that reads nothing for long is cut, whatever waits for it', async () => {
  const clock = new ManualClock();
  const recorders: Recorder[] = [];
  await using peer = await RawPeer.open({ ...serve(recorders), clock, reads: false });
  peer.channel.socket.pause();
  peer.send(open(1), window(1, 0x4000_0000), window(0, 0x4000_0000));
  await waitFor(() => recorders.length === 1);
  // More than the kernel takes.
  const large = Buffer.alloc(1_000_000);
  for (let count = 0; count < 64; count += 1) recorders[0]?.stream?.write(large);
  let written = -1;
  await waitFor(() => {
    const before = written;
    written = peer.tested.socket.bytesWritten;
    return written > 0 && written === before;
  }, 'the kernel to be full');
  clock.advance(29_999);
  assert.equal(peer.tunnel.state, 'open');
  clock.advance(30_001);
  const { state } = peer.tested;
  assert.equal(state.is === 'closed' && state.because?.code, 'tunnel-stuck');
  assert.match(String(recorders[0]?.reset), /^reset lost: tunnel-stuck/);
});

for (const how of ['it answers the ping', 'a second has passed'] as const) {
  test(`who begins streams after it was told not to is refused from when ${how}`, async () => {
    const clock = new ManualClock();
    const recorders: Recorder[] = [];
    await using peer = await RawPeer.open({ ...serve(recorders), clock });
    peer.send(open(1));
    await waitFor(() => recorders.length === 1);
    peer.tunnel.drain();
    await peer.hears('goaway 2147483647 drained');
    peer.send(open(2));
    await waitFor(() => recorders.length === 2);
    if (how === 'it answers the ping') peer.send(frame(FRAME.ping, 0, Buffer.from('0000000000000001', 'hex'), ACK));
    else clock.advance(1000);
    await peer.hears('goaway 2 drained');
    peer.send(open(3));
    await peer.hears('reset 3 refused');
    for (const { stream } of recorders) stream?.reset('cancelled');
    await waitFor(() => peer.hasEnded);
  });
}

test('goaway names what is not served, and an end after it is no surprise', async () => {
  await using peer = await RawPeer.open();
  await waitFor(() => peer.tunnel.hasRoom);
  const [one, two] = [new Recorder(), new Recorder()];
  one.on(peer.tunnel.open('bytes', 'a', false, one));
  two.on(peer.tunnel.open('bytes', 'b', false, two));
  await peer.hears('open 2 1 b');
  peer.send(frame(FRAME.goaway, 0, encodeGoaway(1, 'drained', '')));
  assert.match(await two.wasReset(), /^reset refused/);
  assert.equal(peer.tunnel.hasRoom, false);
  peer.send(frame(FRAME.goaway, 0, encodeGoaway(0, 'flow-control', 'of\nyours')));
  assert.match(await one.wasReset(), /^reset refused/);
  await waitFor(() => peer.hasEnded);
});

test('what a peer said of its end stands in the loss of its streams', async () => {
  await using peer = await RawPeer.open();
  await waitFor(() => peer.tunnel.hasRoom);
  const one = new Recorder();
  one.on(peer.tunnel.open('bytes', 'a', false, one));
  await peer.hears('open 1 1 a');
  peer.send(frame(FRAME.goaway, 0, encodeGoaway(1, 'flow-control', 'of\nyours')));
  peer.channel.socket.end();
  assert.equal(await one.wasReset(), 'reset lost: the other side ended it: flow-control (of?yours)');
});
