import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TUNNEL_BOUNDS, TunnelMemory, type OnStream, type StreamReceiver, type TunnelStream } from '@themis-mesh/channel';
import { rawFrames, waitFor } from '@themis-mesh/testkit';
import { FRAME } from '../../src/tunnel/frame.ts';
import type { Tenant } from '../../src/tunnel/tunnel-memory.ts';
import { RawPeer } from './raw-peer.ts';

const { data, frame, open } = rawFrames;

const HEAD = 'h'.repeat(60_000);
const MOST_HEADS = Math.floor(TUNNEL_BOUNDS.heads / (HEAD.length + 1));
const PING = frame(FRAME.ping, 0, Buffer.alloc(8));
const PONG = `pong ${'0'.repeat(16)}`;
const DEAF: StreamReceiver = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
};

/** What came on streams, and those that were ended for it. */
class Keeper {
  readonly streams: TunnelStream[] = [];
  readonly kept = new Map<number, Buffer[]>();
  readonly reset: number[] = [];
  readonly onStream: OnStream = (stream, _kind, block) => {
    this.streams.push(stream);
    const pieces: Buffer[] = [];
    this.kept.set(stream.id, pieces);
    return {
      ...DEAF,
      onData: (bytes) => {
        if (block === 'reads') stream.consumed(bytes.length);
        else pieces.push(bytes);
      },
      onReset: () => {
        this.reset.push(stream.id);
        this.kept.delete(stream.id);
      },
    };
  };

  /** Of all chunks that something was kept of. */
  get bytes(): number {
    const chunks = new Set([...this.kept.values()].flat().map(({ buffer }) => buffer));
    return [...chunks].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

test('heads of open streams have a budget: streams beyond it are refused, until others are over', async () => {
  const keeper = new Keeper();
  await using peer = await RawPeer.open({ onStream: keeper.onStream });
  peer.send(...Array.from({ length: MOST_HEADS + 2 }, (_, index) => open(index + 1, HEAD)));
  await peer.hears(`reset ${MOST_HEADS + 2} refused`);
  assert.ok(peer.got.includes(`reset ${MOST_HEADS + 1} refused`));
  assert.equal(keeper.streams.length, MOST_HEADS);
  keeper.streams[7]?.reset('cancelled');
  peer.send(open(MOST_HEADS + 3, HEAD));
  await waitFor(() => keeper.streams.length === MOST_HEADS + 1, 'a stream in its place');
  assert.equal(peer.tunnel.state, 'open');
});

test('heads that come later count as well', async () => {
  const keeper = new Keeper();
  await using peer = await RawPeer.open({ onStream: keeper.onStream });
  peer.send(...Array.from({ length: MOST_HEADS }, (_, index) => open(index + 1, HEAD)), frame(FRAME.head, 3, HEAD));
  await peer.hears('reset 3 stalled');
  assert.deepEqual(keeper.reset, [3]);
  peer.send(frame(FRAME.head, 4, HEAD));
  peer.send(PING);
  await peer.hears(PONG);
  assert.deepEqual(keeper.reset, [3], 'what the third held is free for the fourth');
});

test('one byte on each of many streams, each in a chunk of its own, keeps few chunks in memory', async () => {
  const keeper = new Keeper();
  await using peer = await RawPeer.open({ onStream: keeper.onStream });
  const count = 400;
  const filler = data(1, Buffer.alloc(60_000));
  peer.send(open(1, 'reads'));
  for (let id = 2; id <= count; id += 1) {
    peer.send(open(id), data(id, 'x'), filler);
    await waitFor(() => keeper.kept.get(id)?.length === 1, 'the byte');
  }
  const [{ buffer } = assert.fail('a piece')] = keeper.kept.get(2) ?? [];
  assert.ok(keeper.bytes <= TUNNEL_BOUNDS.pinned + buffer.byteLength + count * 16, `${keeper.bytes} bytes are kept`);
  assert.equal(peer.tunnel.unread, count - 1);
});

test('a member that makes others hold much makes way for those who hold little', async () => {
  const memory = new TunnelMemory(2_097_152);
  const [good, greedy] = [new Keeper(), new Keeper()];
  await using honest = await RawPeer.open({ onStream: good.onStream, memory });
  await using hostile = await RawPeer.open({ onStream: greedy.onStream, memory });
  honest.send(open(1), data(1, Buffer.alloc(50_000)));
  await waitFor(() => honest.tunnel.unread === 50_000, 'what the good one sends');
  for (let id = 1; id <= 100; id += 1) hostile.send(open(id), data(id, Buffer.alloc(60_000)));
  hostile.send(PING);
  await hostile.hears(PONG);
  assert.ok(memory.held <= 2_097_152, `${memory.held} bytes`);
  assert.ok(greedy.reset.length >= 60, `${greedy.reset.length} made way`);
  assert.deepEqual(good.reset, []);
  good.streams[0]?.reset('cancelled');
  hostile.channel.cut();
  await waitFor(() => memory.held === 0, 'all to be let go of');
});

test('of those who hold more than their part, who was of use least recently makes way', () => {
  const memory = new TunnelMemory(1000);
  const tenant = (usefulAt: number): Tenant & { held: number } => ({
    held: 0,
    usefulAt,
    shrinkTo(bytes) {
      const less = Math.max(0, this.held - bytes);
      this.held -= less;
      memory.change(this, -less);
    },
  });
  const [old, recent, small] = [tenant(memory.tick()), tenant(memory.tick()), tenant(0)];
  const add = (to: Tenant & { held: number }, bytes: number): void => {
    to.held += bytes;
    memory.change(to, bytes);
  };
  add(small, 100);
  add(recent, 350);
  add(old, 500);
  add(small, 100);
  assert.deepEqual([small.held, recent.held, old.held], [200, 350, 325]);
  assert.equal(memory.held, 875);
});
