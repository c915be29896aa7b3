import { rawFrames } from '@themis-mesh/testkit';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FRAME, MAX_PAYLOAD_BYTES } from '../../src/tunnel/frame.ts';
import { FrameReader } from '../../src/tunnel/frame-reader.ts';
import { TunnelFault } from '../../src/tunnel/fault.ts';

const { frame } = rawFrames;

/** What a reader made of bytes: pieces of data joined, so that it says the same however they were sliced. */
interface Reading {
  readonly events: readonly string[];
  readonly fault: string | undefined;
  /** The most that was handed on at once. */
  readonly largest: number;
}

function read(chunks: Iterable<Uint8Array>): Reading {
  const events: string[] = [];
  let largest = 0;
  let fault: string | undefined;
  let piece = Buffer.alloc(0);
  const reader = new FrameReader({
    onData: (stream, bytes, flags, isLast) => {
      largest = Math.max(largest, bytes.length);
      piece = Buffer.concat([piece, bytes]);
      if (!isLast) assert.equal(flags, 0);
      if (!isLast) return;
      events.push(`data ${stream} ${flags} ${piece.toString('hex')}`);
      piece = Buffer.alloc(0);
    },
    onFrame: (type, flags, stream, payload) => {
      largest = Math.max(largest, payload.length);
      events.push(`${type} ${flags} ${stream} ${payload.toString('hex')}`);
    },
    onUnknown: (type) => events.push(`unknown ${type}`),
  });
  try {
    for (const chunk of chunks) reader.push(Buffer.from(chunk));
  } catch (error) {
    if (!(error instanceof TunnelFault)) throw error;
    fault = `${error.code}: ${error.message}`;
  }
  if (piece.length > 0) events.push(`part of data ${piece.toString('hex')}`);
  return { events, fault, largest };
}

/** The bytes in slices of the sizes given, again and again. */
function* slice(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const payloads = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: MAX_PAYLOAD_BYTES }).map((length) => new Uint8Array(length).fill(7)) },
);
const frames = fc
  .array(fc.tuple(fc.nat({ max: 15 }), fc.nat({ max: 15 }), fc.nat({ max: 0x7fff_ffff }), payloads), { maxLength: 12 })
  .map((all) => Buffer.concat(all.map(([type, flags, stream, payload]) => frame(type, stream, payload, flags))));
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })), {
  minLength: 1,
  maxLength: 8,
});

test('frames are the same however their bytes are sliced', () => {
  fc.assert(
    fc.property(frames, sizes, (bytes, some) => {
      const whole = read([bytes]);
      const sliced = read(slice(bytes, some));
      assert.equal(whole.fault, undefined);
      assert.deepEqual(sliced.events, whole.events);
      assert.equal(sliced.fault, undefined);
    }),
    { numRuns: 300 },
  );
});

test('a frame that is read is the frame that was written', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 15 }),
      fc.nat({ max: 15 }),
      fc.nat({ max: 0x7fff_ffff }),
      payloads,
      (type, flags, stream, payload) => {
        const hex = Buffer.from(payload).toString('hex');
        const known = type === FRAME.data ? `data ${stream} ${flags} ${hex}` : `${type} ${flags} ${stream} ${hex}`;
        assert.deepEqual(read([frame(type, stream, payload, flags)]).events, [type < 8 ? known : `unknown ${type}`]);
      },
    ),
  );
});

test('whatever bytes come are frames or a fault, the same in every slicing, and nothing larger than a frame', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    // Small lengths, so that the reader comes further than the first header.
    fc
      .array(fc.uint8Array({ minLength: 8, maxLength: 30 }), { maxLength: 30 })
      .map((all) => Buffer.concat(all.map((bytes) => Buffer.concat([Buffer.of(0, 0), bytes])))),
  );
  fc.assert(
    fc.property(hostile, sizes, (bytes, some) => {
      const whole = read([bytes]);
      const sliced = read(slice(bytes, some));
      assert.deepEqual(sliced.events, whole.events);
      assert.equal(sliced.fault, whole.fault);
      assert.ok(whole.largest <= MAX_PAYLOAD_BYTES);
    }),
    { numRuns: 2000 },
  );
});

test('data is handed on without a copy, and without waiting for the rest of its frame', () => {
  const chunk = frame(FRAME.data, 1, Buffer.alloc(1000, 1)).subarray(0, 500);
  const pieces: Buffer[] = [];
  const reader = new FrameReader({
    onData: (_stream, bytes) => pieces.push(bytes),
    onFrame: () => assert.fail('no such frame'),
    onUnknown: () => assert.fail('no such frame'),
  });
  reader.push(chunk);
  assert.equal(pieces[0]?.length, 492);
  assert.equal(pieces[0]?.buffer, chunk.buffer);
});

test('a frame that drips in holds no more than its size', () => {
  const bytes = frame(FRAME.head, 1, Buffer.alloc(MAX_PAYLOAD_BYTES, 97));
  let heads = 0;
  const reader = new FrameReader({
    onData: () => assert.fail('no such frame'),
    onFrame: () => (heads += 1),
    onUnknown: () => assert.fail('no such frame'),
  });
  const before = process.memoryUsage();
  // Each byte in a chunk of memory of its own, as the socket gives it.
  for (let at = 0; at < bytes.length - 1; at += 1) reader.push(Buffer.allocUnsafeSlow(1).fill(bytes[at] ?? 0));
  globalThis.gc?.();
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 2_000_000, `${after.arrayBuffers - before.arrayBuffers} bytes`);
  reader.push(bytes.subarray(-1));
  assert.equal(heads, 1);
});

test('a reader that is stopped while it hands something on hands on nothing more', () => {
  const events: string[] = [];
  const reader = new FrameReader({
    onData: () => events.push('data'),
    onFrame: () => {
      events.push('frame');
      reader.stop();
    },
    onUnknown: () => events.push('unknown'),
  });
  reader.push(Buffer.concat([frame(FRAME.ping, 0, Buffer.alloc(8)), frame(FRAME.data, 1, 'x'), frame(FRAME.ping, 0, 'x')]));
  reader.push(frame(FRAME.data, 1, 'x'));
  assert.deepEqual(events, ['frame']);
});
