import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { TUNNEL_BOUNDS } from '@themis-mesh/channel';
import { ManualClock, waitFor, within } from '@themis-mesh/testkit';
import { Recorder } from './recorder.ts';
import { TunnelPair, type Taken } from './tunnel-pair.ts';

const CREDIT = 65_536;

test('without a reader a stream takes its credit and no byte more, and goes on as far as is read', async () => {
  await using pair = await TunnelPair.open({ recorder: () => new Recorder({ reads: false }) });
  const near = pair.begin();
  const bytes = randomBytes(300_000);
  assert.equal(near.stream?.write(bytes), false);
  near.stream?.end();
  const { recorder } = await pair.take();
  await waitFor(() => recorder.received === CREDIT);
  await within(pair.dialler.ping(), 'the answer');
  assert.equal(recorder.received, CREDIT);
  assert.equal(pair.accepter.unread, CREDIT);
  recorder.read(CREDIT / 2);
  await waitFor(() => recorder.received === CREDIT * 1.5);
  await within(pair.dialler.ping(), 'the answer');
  assert.equal(recorder.received, CREDIT * 1.5);
  while (!recorder.hasEnded) {
    recorder.read();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(recorder.bytes, bytes);
});

test('a write that is not welcome is told when more is, once, and never from inside it', async () => {
  await using pair = await TunnelPair.open({ recorder: () => new Recorder({ reads: false }) });
  const near = pair.begin();
  assert.equal(near.stream?.write(Buffer.alloc(CREDIT)), true);
  assert.equal(near.stream?.write(Buffer.alloc(1)), false);
  const { recorder } = await pair.take();
  await waitFor(() => recorder.received === CREDIT);
  assert.equal(near.writable, 0);
  recorder.read();
  await waitFor(() => near.writable > 0);
  await within(pair.dialler.ping(), 'the answer');
  assert.equal(near.writable, 1);
  assert.equal(recorder.received, CREDIT + 1);
});

test('a write larger than a frame is told of, although all of it could go at once', async () => {
  await using pair = await TunnelPair.open({ diallerLimits: { streamCredit: 1_000_000 }, limits: { streamCredit: 1_000_000 } });
  const near = pair.begin();
  const isWelcome = near.stream?.write(Buffer.alloc(200_000));
  assert.equal(near.writable, 0);
  if (isWelcome === false) await waitFor(() => near.writable === 1, 'room');
  await waitFor(() => pair.taken[0]?.recorder.received === 200_000);
});

test('a writer that only the socket holds back is told when it takes more', async () => {
  await using pair = await TunnelPair.open({ limits: { streamCredit: 4_000_000 } });
  const near = pair.begin();
  // Frame by frame in one turn: nothing waits in the stream, only in what is written together.
  let written = 0;
  let isWelcome = true;
  while (isWelcome && written < 3_000_000) {
    isWelcome = near.stream?.write(Buffer.alloc(60_000)) ?? false;
    written += 60_000;
  }
  assert.equal(isWelcome, false);
  await waitFor(() => near.writable === 1, 'room');
  await waitFor(() => pair.taken[0]?.recorder.received === written);
});

test('the credit of a stream grows while its reader keeps up, to its most, and not where the reader is slow', async () => {
  await using pair = await TunnelPair.open({ recorder: () => new Recorder({ reads: false, keeps: false }) });
  const near = pair.begin();
  const chunk = Buffer.alloc(250_000);
  near.onWrite = () => void near.stream?.write(chunk);
  near.stream?.write(chunk);
  const { recorder } = await pair.take();
  // A slow reader, who always lets all of the credit be used before a part of it is passed on.
  for (let round = 0; round < 40; round += 1) {
    await within(
      pair.accepter.ping().then(() => pair.accepter.ping()),
      'the answers',
    );
    recorder.read(Math.min(recorder.unread, 16_384));
  }
  await within(
    pair.accepter.ping().then(() => pair.accepter.ping()),
    'the answers',
  );
  assert.ok(recorder.unread <= CREDIT, `${recorder.unread} bytes`);
  // And one that keeps up.
  recorder.read();
  recorder.reads = true;
  await waitFor(() => recorder.received > 20_000_000);
  recorder.reads = false;
  await waitFor(() => recorder.unread >= TUNNEL_BOUNDS.grownStreamCredit / 2, 'the grown credit to be used');
  await within(
    pair.accepter.ping().then(() => pair.accepter.ping()),
    'the answers',
  );
  assert.ok(recorder.unread <= TUNNEL_BOUNDS.grownStreamCredit, `${recorder.unread} bytes`);
});

test('small streams are not held back by a large one', async () => {
  await using pair = await TunnelPair.open({
    onTaken: ({ stream, block, recorder }) => {
      if (block === 'bulk') return;
      recorder.onEnd = () => stream.end(Buffer.alloc(1000));
    },
    recorder: () => new Recorder({ keeps: false }),
  });
  const bulk = pair.begin('bulk');
  const chunk = Buffer.alloc(1_000_000);
  bulk.onWrite = () => void bulk.stream?.write(chunk);
  bulk.stream?.write(chunk);
  const far = (await pair.take()).recorder;
  await waitFor(() => far.received > 4_000_000);
  const passed: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    const before = far.received;
    const small = pair.begin('small');
    small.stream?.end(Buffer.alloc(1000));
    await new Promise<void>((resolve) => (small.onEnd = resolve));
    passed.push(far.received - before);
  }
  // What is written together, what the kernel holds, and a turn: however much more waits behind it.
  assert.ok(Math.max(...passed) < 12_000_000, `${Math.max(...passed)} bytes of the large stream went before`);
  assert.equal(far.reset, undefined);
});

test('streams that wait have their turns one after the other', async () => {
  await using pair = await TunnelPair.open({ limits: { streamCredit: 4_000_000 } });
  const streams = Array.from({ length: 8 }, () => pair.begin());
  for (const { stream } of streams) stream?.write(Buffer.alloc(2_000_000));
  await waitFor(() => (pair.taken[0]?.recorder.received ?? 0) > 1_000_000);
  const received = pair.taken.map(({ recorder }) => recorder.received);
  assert.equal(received.length, 8);
  // The first had what is written together to itself.
  assert.ok(Math.max(...received) - Math.min(...received) <= 327_680, received.join(' '));
});

test('100 stalled streams hold their credit and nothing else: others go on', async () => {
  const isStalled = (taken: readonly Taken[]): boolean => taken.length <= 100;
  const list: Taken[] = [];
  await using pair = await TunnelPair.open({
    recorder: () => new Recorder({ reads: list.length >= 100, keeps: false }),
    onTaken: (taken) => {
      list.push(taken);
      if (!isStalled(list)) taken.recorder.onEnd = () => taken.stream.end(Buffer.alloc(100_000));
    },
  });
  const stalled = Array.from({ length: 100 }, () => pair.begin());
  for (const { stream } of stalled) stream?.write(Buffer.alloc(1_000_000));
  await waitFor(() => pair.accepter.unread === 100 * CREDIT);
  for (let round = 0; round < 20; round += 1) {
    const good = pair.begin();
    good.stream?.end(Buffer.alloc(300_000));
    await within(new Promise<void>((resolve) => (good.onEnd = resolve)), 'the answer');
    assert.equal(good.received, 100_000);
  }
  assert.equal(pair.accepter.unread, 100 * CREDIT);
  assert.ok(stalled.every(({ reset }) => reset === undefined));
});

test('below what stalled streams hold, the credit of the tunnel goes on going round', async () => {
  const list: Taken[] = [];
  await using pair = await TunnelPair.open({
    limits: { tunnelCredit: CREDIT * 10 },
    recorder: () => new Recorder({ reads: list.length >= 6, keeps: false }),
    onTaken: (taken) => list.push(taken),
  });
  // Six tenths: less than what makes it crowded, more than half.
  for (let index = 0; index < 6; index += 1) pair.begin().stream?.write(Buffer.alloc(CREDIT));
  await waitFor(() => pair.accepter.unread === 6 * CREDIT);
  const good = pair.begin();
  good.stream?.end(Buffer.alloc(3_000_000));
  await waitFor(() => list[6]?.recorder.received === 3_000_000);
  assert.ok(list.every(({ recorder }) => recorder.reset === undefined));
});

test('what was passed on before others stalled is not kept from going round', async () => {
  const list: Taken[] = [];
  await using pair = await TunnelPair.open({
    limits: { tunnelCredit: CREDIT * 10 },
    recorder: () => new Recorder({ reads: list.length === 0 || list.length > 7, keeps: false }),
    onTaken: (taken) => list.push(taken),
  });
  // Nearly half of the credit: not given back yet.
  const first = pair.begin();
  first.stream?.end(Buffer.alloc(CREDIT * 5 - 1000));
  await waitFor(() => list[0]?.recorder.hasEnded);
  for (let index = 0; index < 7; index += 1) pair.begin().stream?.write(Buffer.alloc(CREDIT));
  await waitFor(() => pair.accepter.unread === 7 * CREDIT);
  const good = pair.begin();
  good.stream?.end(Buffer.alloc(3_000_000));
  await waitFor(() => list[8]?.recorder.received === 3_000_000);
});

test('a reader that waits for more than half of the credit before it passes anything on gets it', async () => {
  await using pair = await TunnelPair.open({ recorder: () => new Recorder({ reads: false, keeps: false }) });
  const near = pair.begin();
  near.stream?.write(Buffer.alloc(300_000));
  const { recorder } = await pair.take();
  await waitFor(() => recorder.unread === CREDIT);
  // Less than half: nothing is given back at once.
  recorder.read(30_000);
  for (let count = 0; count < 8; count += 1) {
    await waitFor(() => recorder.unread >= CREDIT - 8192, 'the rest of the credit');
    recorder.read(30_000);
  }
});

test('more stalled streams than the credit of the tunnel: after ten seconds those that nobody reads make way', async () => {
  const clock = new ManualClock();
  const list: Taken[] = [];
  await using pair = await TunnelPair.open({
    clock,
    limits: { tunnelCredit: CREDIT * 8 },
    recorder: () => new Recorder({ reads: false, keeps: false }),
    onTaken: (taken) => list.push(taken),
  });
  const stalled = Array.from({ length: 10 }, () => pair.begin());
  for (const { stream } of stalled) stream?.write(Buffer.alloc(CREDIT));
  await waitFor(() => pair.accepter.unread === 8 * CREDIT && pair.dialler.isStarved);
  // One is read after all, slowly.
  const slow = list.find(({ recorder }) => recorder.unread === CREDIT);
  slow?.recorder.read(CREDIT / 8);
  clock.advance(10_000);
  await waitFor(() => stalled.filter(({ reset }) => reset?.startsWith('reset stalled')).length >= 4);
  assert.equal(slow?.recorder.reset, undefined);
  const gone = list.filter(({ recorder }) => recorder.reset === 'reset stalled: nobody read it');
  assert.ok(gone.length >= 4 && gone.length <= 6, `${gone.length} made way`);
  await waitFor(() => !pair.dialler.isStarved);
  const good = pair.begin();
  good.stream?.end(Buffer.alloc(10_000));
  await waitFor(() => list.at(-1)?.recorder.hasEnded);
});

test('a stream that many small pieces came on is counted by what they cost', async () => {
  const list: Taken[] = [];
  await using pair = await TunnelPair.open({
    limits: { tunnelCredit: 1_048_576 },
    recorder: () => new Recorder({ reads: false, keeps: false }),
    onTaken: (taken) => list.push(taken),
  });
  const few = pair.begin();
  few.stream?.write(Buffer.alloc(CREDIT));
  const crumbs = pair.begin();
  for (let count = 0; count < 5000; count += 1) crumbs.stream?.write(Buffer.alloc(1));
  assert.match(await crumbs.wasReset(), /^reset stalled/);
  assert.equal(few.reset, undefined);
  await within(pair.dialler.ping(), 'the answer');
  assert.equal(pair.accepter.unread, CREDIT);
});

test('a stream that is read, however slowly and in however small pieces, is not counted as more than it is', async () => {
  await using pair = await TunnelPair.open({
    limits: { tunnelCredit: 131_072 },
    recorder: () => new Recorder({ reads: false, keeps: false }),
  });
  const near = pair.begin();
  const { recorder } = await pair.take();
  for (let count = 0; count < 100; count += 1) {
    for (let piece = 0; piece < 100; piece += 1) near.stream?.write(Buffer.alloc(10));
    await waitFor(() => recorder.unread >= 1000, 'the pieces');
    recorder.read(1000);
    near.stream?.write(Buffer.alloc(1));
  }
  assert.equal(recorder.reset, undefined);
});

test('what a slow reader was given in small pieces of large chunks does not keep those', async () => {
  const kept: Buffer[] = [];
  await using pair = await TunnelPair.open({
    onTaken: ({ recorder, block }) => {
      if (block === 'slow') recorder.onData = (bytes) => void kept.push(bytes);
    },
    recorder: () => new Recorder({ keeps: false }),
  });
  const slow = pair.begin('slow');
  const other = pair.begin('other');
  for (let count = 0; count < 200; count += 1) {
    slow.stream?.write(Buffer.alloc(10));
    other.stream?.write(Buffer.alloc(10_000));
  }
  await waitFor(() => kept.length === 200);
  // The first piece was given before it was known that nobody reads.
  const memory = new Set(kept.map(({ buffer }) => buffer));
  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytes < 70_000, `${bytes} bytes for 2000`);
});
