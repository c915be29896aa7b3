import type { Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { BLOCK_BYTES, giveBackBlock, takeBlock } from './block-pool.ts';
import { TUNNEL_BOUNDS } from './bounds.ts';
import { HEADER_BYTES, writeHeader } from './frame.ts';

/** More than so many bytes that wait are enough: who has more to send on a stream waits until they are fewer. */
const ENOUGH_BYTES = 262_144;

/** More than so many, and no stream more is begun. */
const CROWDED_BYTES = 1_048_576;

/** From so many frames a write on, on average, it pays to wait for the others of the same turn of the event loop. */
const BUSY_FRAMES = 3;

/**
 * Frames go at once, though the turn is not over, when they are half as many as there are streams: the other side works on them
 * while this one makes the rest. At the least and at the most:
 */
const LEAST_AT_ONCE = 8;
const MOST_AT_ONCE = 32;

/** Hears of what becomes of an {@link Outbox}. */
export interface OutboxOwner {
  /** How many streams are open. */
  readonly streams: number;
  /** There is room again, where the outbox was full. */
  onRoom(): void;
  /** Nothing got away for long: the other side does not read. */
  onStuck(): void;
  /** Everything is written, and the socket ended, as was asked for. */
  onEnded(): void;
}

/**
 * Gathers frames, and writes them to the socket together: what costs is the write, hardly the bytes.
 *
 * While one write is under way the next gathers; it goes when the first is done. Where nothing is under way, what one callback
 * made goes at its end; on a busy tunnel it waits for the other callbacks of the same turn, until there are enough for both sides
 * to work at the same time.
 */
export class Outbox {
  readonly #socket: Writable;
  readonly #clock: Clock;
  readonly #owner: OutboxOwner;
  /** Filled blocks, in order. */
  #full: Buffer[] = [];
  #block: Buffer | undefined;
  /** How much of the last block is filled. */
  #at = 0;
  #frames = 0;
  /** Frames a write, as a moving average. */
  #usualFrames = 0;
  #isScheduled = false;
  /** What the socket has not confirmed yet. */
  #underWay: Buffer[] = [];
  #underWayBytes = 0;
  /** How many writes the socket has confirmed. */
  #confirmed = 0;
  #callOffWatch: (() => void) | undefined;
  #stage: 'open' | 'ending' | 'ended' | 'closed' = 'open';

  constructor(socket: Writable, clock: Clock, owner: OutboxOwner) {
    this.#socket = socket;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Bytes that wait, or that the socket has not confirmed. */
  get bytes(): number {
    return this.#full.length * BLOCK_BYTES + this.#at + this.#underWayBytes;
  }

  /** Whether data and heads of streams have to wait. */
  get isFull(): boolean {
    return this.bytes > ENOUGH_BYTES;
  }

  /** Whether streams are better begun elsewhere. */
  get isCrowded(): boolean {
    return this.bytes > CROWDED_BYTES;
  }

  /** Whether the other side asks for more than it reads: all else waits where the outbox is full. */
  get isOverrun(): boolean {
    return this.bytes > TUNNEL_BOUNDS.unreadByPeer;
  }

  /** Adds a frame, copying its payload. */
  add(type: number, flags: number, stream: number, payload: Buffer): void {
    if (this.#stage !== 'open') return;
    const { length } = payload;
    const block = this.#blockFor(HEADER_BYTES);
    this.#at = writeHeader(block, this.#at, length, type, flags, stream);
    if (length > 0) this.#copy(payload);
    this.#note();
  }

  /** Adds a frame whose payload is text of one byte a sign, behind a prefix of one byte where that is given. It has to fit. */
  addText(type: number, flags: number, stream: number, text: string, prefix?: number): void {
    if (this.#stage !== 'open') return;
    const prefixBytes = prefix === undefined ? 0 : 1;
    const length = text.length + prefixBytes;
    const block = this.#blockFor(HEADER_BYTES + length);
    const at = writeHeader(block, this.#at, length, type, flags, stream);
    if (prefix !== undefined) block[at] = prefix;
    block.write(text, at + prefixBytes, 'latin1');
    this.#at = at + length;
    this.#note();
  }

  /** Adds a frame of one number of four bytes. */
  addNumber(type: number, stream: number, value: number): void {
    if (this.#stage !== 'open') return;
    const block = this.#blockFor(HEADER_BYTES + 4);
    const at = writeHeader(block, this.#at, 4, type, 0, stream);
    this.#at = block.writeUInt32BE(value, at);
    this.#note();
  }

  /** Writes what waits, now, unless a write is under way. */
  flush(): void {
    if (this.#underWay.length > 0 || this.#block === undefined) return;
    if (this.#callOffWatch === undefined) this.#watch();
    const blocks = this.#full;
    const last = this.#block;
    const lastBytes = this.#at;
    this.#usualFrames += (this.#frames - this.#usualFrames) / 8;
    this.#underWayBytes = blocks.length * BLOCK_BYTES + lastBytes;
    this.#underWay = blocks;
    this.#full = [];
    this.#block = undefined;
    this.#at = 0;
    this.#frames = 0;
    if (blocks.length === 0) {
      blocks.push(last);
      this.#socket.write(last.subarray(0, lastBytes), this.#onWritten);
      return;
    }
    this.#socket.cork();
    for (const block of blocks) this.#socket.write(block);
    blocks.push(last);
    this.#socket.write(last.subarray(0, lastBytes), this.#onWritten);
    this.#socket.uncork();
  }

  /** Writes what waits, ends the socket behind it, and adds nothing more. */
  end(): void {
    if (this.#stage !== 'open') return;
    this.#stage = 'ending';
    this.flush();
    this.#endIfDone();
  }

  /** Writes nothing more. */
  close(): void {
    this.#stage = 'closed';
    this.#callOffWatch?.();
    this.#full = [];
    this.#block = undefined;
    this.#at = 0;
  }

  #blockFor(bytes: number): Buffer {
    if (this.#block !== undefined && this.#at + bytes <= BLOCK_BYTES) return this.#block;
    if (this.#block === undefined) {
      this.#block = takeBlock();
      return this.#block;
    }
    // A header is not divided, so the rest of the block stays empty; what is written is told by a length of its own.
    return this.#nextBlock();
  }

  #nextBlock(): Buffer {
    if (this.#block !== undefined) this.#full.push(this.#at === BLOCK_BYTES ? this.#block : this.#block.subarray(0, this.#at));
    this.#block = takeBlock();
    this.#at = 0;
    return this.#block;
  }

  #copy(payload: Buffer): void {
    let from = 0;
    while (from < payload.length) {
      let block = this.#block;
      if (block === undefined || this.#at === BLOCK_BYTES) block = this.#nextBlock();
      const copied = payload.copy(block, this.#at, from);
      this.#at += copied;
      from += copied;
    }
  }

  #note(): void {
    this.#frames += 1;
    if (this.#underWay.length > 0) return;
    if (this.#frames >= LEAST_AT_ONCE && this.#frames >= Math.min(MOST_AT_ONCE, this.#owner.streams / 2)) {
      this.flush();
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (this.#usualFrames >= BUSY_FRAMES) setImmediate(this.#onTime);
    else process.nextTick(this.#onTime);
  }

  readonly #onTime = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  readonly #onWritten = (error?: Error | null): void => {
    const wasFull = this.isFull;
    // After an error a write before it may still be under way, and its blocks be read.
    if (error === undefined || error === null) for (const block of this.#underWay) giveBackBlock(block);
    this.#confirmed += 1;
    this.#underWay = [];
    this.#underWayBytes = 0;
    if (this.#stage === 'closed') return;
    this.flush();
    this.#endIfDone();
    if (wasFull && !this.isFull) this.#owner.onRoom();
  };

  #endIfDone(): void {
    if (this.#stage !== 'ending' || this.#underWay.length > 0 || this.#block !== undefined) return;
    this.#stage = 'ended';
    this.#callOffWatch?.();
    this.#socket.end();
    this.#owner.onEnded();
  }

  /** Looks now and then, while anything is written, whether some of it gets away. */
  #watch(): void {
    const before = this.#confirmed;
    this.#callOffWatch = this.#clock.after(TUNNEL_BOUNDS.stuckMs, () => {
      this.#callOffWatch = undefined;
      if (this.#underWay.length === 0) return;
      if (this.#confirmed === before) this.#owner.onStuck();
      else this.#watch();
    });
  }
}
