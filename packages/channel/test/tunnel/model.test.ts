import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tunnel, type StreamReceiver, type TunnelStream } from '@themis-mesh/channel';
import { ManualClock } from '@themis-mesh/testkit';
import { memoryChannels, type MemorySocket } from './memory-channel.ts';

const STREAM_CREDIT = 4096;
const TUNNEL_CREDIT = 16_384;
const STREAMS = 5;

/** One direction of one stream, as it should be: what was sent, and how far it came. */
class Way {
  /** What was sent in its order: bytes of data and heads, written as one text. */
  sent = '';
  received = '';
  hasSentEnd = false;
  hasReceivedEnd = false;
  wasReset = false;
}

/** One end of a stream: sends on one way, and receives on the other. */
class End implements StreamReceiver {
  readonly out: Way;
  readonly in: Way;
  stream: TunnelStream | undefined;
  unread: number[] = [];
  owesRoom = false;
  /** Whether this end reset it, or was told of a reset. */
  isOff = false;

  constructor(out: Way, into: Way) {
    this.out = out;
    this.in = into;
  }

  write(bytes: Buffer): void {
    if (this.isOff || this.out.hasSentEnd || this.stream === undefined) return;
    this.out.sent += bytes.toString('latin1');
    if (!this.stream.write(bytes)) this.owesRoom = true;
  }

  head(text: string, isEnd: boolean): void {
    if (this.isOff || this.out.hasSentEnd || this.stream === undefined) return;
    this.out.sent += `[${text}]`;
    this.out.hasSentEnd = isEnd;
    this.stream.head(text, isEnd);
  }

  end(bytes: Buffer | undefined): void {
    if (this.isOff || this.out.hasSentEnd || this.stream === undefined) return;
    this.out.sent += bytes?.toString('latin1') ?? '';
    this.out.hasSentEnd = true;
    this.stream.end(bytes);
  }

  reset(): void {
    if (this.isOff || this.stream === undefined || this.stream.isOver) return;
    this.#letGo();
    this.stream.reset('cancelled');
  }

  read(pieces: number): void {
    for (const bytes of this.unread.splice(0, pieces)) this.stream?.consumed(bytes);
  }

  onHead(block: string): void {
    this.#mayCome();
    this.in.received += `[${block}]`;
  }

  onData(bytes: Buffer): void {
    this.#mayCome();
    assert.ok(bytes.length > 0, 'a piece of nothing');
    this.in.received += bytes.toString('latin1');
    this.unread.push(bytes.length);
  }

  onEnd(): void {
    this.#mayCome();
    this.in.hasReceivedEnd = true;
  }

  onReset(): void {
    assert.ok(!this.isOff, 'a reset after a reset');
    this.#letGo();
  }

  onWritable(): void {
    assert.ok(this.owesRoom, 'room that nobody asked for');
    this.owesRoom = false;
  }

  #letGo(): void {
    this.isOff = true;
    this.unread = [];
    this.in.wasReset = true;
    this.out.wasReset = true;
  }

  #mayCome(): void {
    assert.ok(!this.isOff, 'something after a reset');
    assert.ok(!this.in.hasReceivedEnd, 'something after the end');
  }
}

type Step =
  | { readonly is: 'open'; readonly isEnd: boolean }
  | { readonly is: 'write'; readonly at: number; readonly far: boolean; readonly bytes: number }
  | { readonly is: 'head'; readonly at: number; readonly far: boolean; readonly isEnd: boolean }
  | { readonly is: 'end'; readonly at: number; readonly far: boolean; readonly bytes: number }
  | { readonly is: 'reset'; readonly at: number; readonly far: boolean }
  | { readonly is: 'read'; readonly at: number; readonly far: boolean; readonly pieces: number }
  | { readonly is: 'deliver'; readonly far: boolean; readonly bytes: number }
  | { readonly is: 'turn' };

const at = fc.nat({ max: 7 });
const far = fc.boolean();
const bytes = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 9000 }), fc.constantFrom(4095, 4096, 4097, 16_384, 70_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ is: fc.constant('open' as const), isEnd: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ is: fc.constant('write' as const), at, far, bytes }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('head' as const), at, far, isEnd: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('end' as const), at, far, bytes }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('reset' as const), at, far }) },
  { weight: 5, arbitrary: fc.record({ is: fc.constant('read' as const), at, far, pieces: fc.nat({ max: 5 }) }) },
  { weight: 6, arbitrary: fc.record({ is: fc.constant('deliver' as const), far, bytes }) },
  { weight: 6, arbitrary: fc.record({ is: fc.constant('turn' as const) }) },
);

/** Two tunnels over memory, and what ought to come of what is done to them. */
class World {
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly ends: { near: End; far: End }[] = [];
  readonly sockets: readonly [MemorySocket, MemorySocket];
  readonly near: Tunnel;
  readonly far: Tunnel;
  #drawn = 0;

  constructor() {
    const { sockets, channels } = memoryChannels(this.clock);
    const limits = { streams: STREAMS, streamCredit: STREAM_CREDIT, tunnelCredit: TUNNEL_CREDIT };
    this.sockets = sockets;
    this.near = new Tunnel({ channel: channels[0], clock: this.clock, limits });
    this.far = new Tunnel({
      channel: channels[1],
      clock: this.clock,
      limits,
      onStream: (stream, _kind, block, isEnd) => {
        const end = this.ends[Number(block)]?.far;
        assert.ok(end !== undefined, 'a stream that nobody began');
        end.stream = stream;
        if (isEnd) end.in.hasReceivedEnd = true;
        return end;
      },
    });
  }

  run(one: Step): void | Promise<void> {
    if (one.is === 'turn') return turn();
    if (one.is === 'deliver') {
      this.sockets[one.far ? 1 : 0].deliver(one.bytes + 1);
      return undefined;
    }
    if (one.is === 'open') {
      this.#open(one.isEnd);
      return undefined;
    }
    const pair = this.ends.at(-1 - one.at);
    const end = one.far ? pair?.far : pair?.near;
    if (end === undefined) return undefined;
    if (one.is === 'write') end.write(this.#draw(one.bytes));
    else if (one.is === 'head') end.head(this.#draw(10).toString('latin1'), one.isEnd);
    else if (one.is === 'end') end.end(one.bytes % 2 === 0 ? undefined : this.#draw(one.bytes));
    else if (one.is === 'reset') end.reset();
    else end.read(one.pieces);
    return undefined;
  }

  /** What holds at every moment. */
  check(): void {
    assert.equal(this.near.state, 'open');
    assert.equal(this.far.state, 'open');
    for (const tunnel of [this.near, this.far]) {
      assert.ok(tunnel.unread <= TUNNEL_CREDIT && tunnel.unread >= 0, `${tunnel.unread} bytes unread`);
      assert.ok(tunnel.size <= STREAMS, `${tunnel.size} streams`);
    }
    for (const { near, far } of this.ends) {
      for (const way of [near.out, far.out]) {
        assert.ok(way.sent.startsWith(way.received), 'what came is not what was sent');
        assert.ok(!way.hasReceivedEnd || (way.hasSentEnd && way.received === way.sent), 'an end before the end');
      }
    }
  }

  /** Lets everything come to its end: all is delivered, and all is read. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4;) {
      const before = this.#progress();
      for (const socket of this.sockets) socket.deliver(Infinity);
      for (const { near, far } of this.ends) {
        near.read(Infinity);
        far.read(Infinity);
      }
      await turn();
      quiet = this.#progress() === before ? quiet + 1 : 0;
    }
  }

  /** What holds when nothing is on its way any more. */
  checkSettled(): void {
    this.check();
    assert.equal(this.near.unread + this.far.unread, 0);
    let open = 0;
    for (const { near, far } of this.ends) {
      if (near.isOff || far.isOff) {
        // A reset may meet a stream that is whole on the other side, where nobody is told then.
        for (const end of [near, far]) assert.ok(end.isOff || (end.in.hasReceivedEnd && end.out.hasSentEnd), 'a reset is lost');
        continue;
      }
      for (const way of [near.out, far.out]) {
        assert.ok(way.received === way.sent, `${way.received.length} of ${way.sent.length} came`);
        assert.equal(way.hasReceivedEnd, way.hasSentEnd);
      }
      assert.ok(!near.owesRoom || near.out.hasSentEnd, 'nobody told that there is room');
      assert.ok(!far.owesRoom || far.out.hasSentEnd, 'nobody told that there is room');
      const isOver = near.out.hasSentEnd && far.out.hasSentEnd;
      assert.deepEqual([near.stream?.isOver, far.stream?.isOver], [isOver, isOver]);
      if (!isOver) open += 1;
    }
    assert.deepEqual([this.near.size, this.far.size], [open, open]);
  }

  #open(isEnd: boolean): void {
    if (!this.near.hasRoom) return;
    const [there, back] = [new Way(), new Way()];
    const pair = { near: new End(there, back), far: new End(back, there) };
    there.hasSentEnd = isEnd;
    this.ends.push(pair);
    pair.near.stream = this.near.open('bytes', String(this.ends.length - 1), isEnd, pair.near);
  }

  /** Bytes that are not those before them. */
  #draw(length: number): Buffer {
    const drawn = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) drawn[index] = (this.#drawn = (this.#drawn * 5 + 113) % 251) + 1;
    return drawn;
  }

  #progress(): string {
    const ways = this.ends.map(({ near, far }) => [near.out.received.length, far.out.received.length, near.isOff, far.isOff]);
    return JSON.stringify([ways, this.near.size, this.far.size, this.sockets.map(({ waiting }) => waiting)]);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('whatever both ends do, every byte arrives once and in its order, ends arrive, nothing follows a reset, and no bound is passed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), far, async (steps, isFarTheFirst) => {
      const world = new World();
      for (const socket of world.sockets) socket.deliver(Infinity);
      await world.settle();
      for (const one of steps) {
        await world.run(one);
        world.check();
      }
      await world.settle();
      world.checkSettled();
      // And it is as good as new.
      for (const { near } of world.ends) near.reset();
      await world.settle();
      assert.deepEqual([world.near.size, world.far.size], [0, 0]);
      (isFarTheFirst ? world.far : world.near).drain();
      await world.settle();
      assert.deepEqual([world.near.state, world.far.state], ['closed', 'closed']);
      assert.equal(world.clock.pending, 0);
    }),
    { numRuns: 300 },
  );
});
