import { FIRST_UNKNOWN_TYPE, FRAME, HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_STREAM } from './frame.ts';
import { TunnelFault } from './fault.ts';

/** Takes what a {@link FrameReader} reads. What it throws comes out of `push`, after which the reader must not be used. */
export interface FrameSink {
  /** A piece of a `data` frame, as it came; the frame's flags come with its last piece, and 0 before. */
  onData(stream: number, bytes: Buffer, flags: number, isLast: boolean): void;
  /** Any other frame that is known, whole. The payload is good until the call returns. */
  onFrame(type: number, flags: number, stream: number, payload: Buffer): void;
  /** A frame of a type that is not known was passed over. */
  onUnknown(type: number): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into frames, however it is sliced. Data is handed on as it comes, without a copy; only what a frame of
 * another known type still lacks is waited for, and held until then: at most one frame.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  /** The beginning of a header that is not whole yet. */
  readonly #header: Buffer = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  /** What is still to come of the payload. */
  #left = 0;
  /** The beginning of a payload that is not whole yet, in its full size. A list of slices could cost many times that. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  #isStopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws TunnelFault for what is no frame, and what the sink throws */
  push(chunk: Buffer): void {
    const { length } = chunk;
    let at = 0;
    while (at < length && !this.#isStopped) {
      if (this.#left > 0) {
        at = this.#goOn(chunk, at);
      } else if (this.#headerBytes === 0 && length - at >= HEADER_BYTES) {
        this.#begin(chunk, at);
        at += HEADER_BYTES;
      } else {
        const copied = chunk.copy(this.#header, this.#headerBytes, at);
        at += copied;
        this.#headerBytes += copied;
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#headerBytes = 0;
        this.#begin(this.#header, 0);
      }
    }
  }

  /** Hands on nothing more: neither of what is pushed later, nor of what is being pushed. */
  stop(): void {
    this.#isStopped = true;
    this.#held = undefined;
  }

  #begin(bytes: Buffer, at: number): void {
    const first = bytes.readUInt32BE(at);
    const length = first >>> 8;
    const stream = bytes.readUInt32BE(at + 4);
    if (length > MAX_PAYLOAD_BYTES) throw new TunnelFault('protocol', `a frame of ${length} bytes`);
    if (stream > MAX_STREAM) throw new TunnelFault('protocol', `stream ${stream}`);
    this.#type = first & 15;
    this.#flags = (first >>> 4) & 15;
    this.#stream = stream;
    this.#left = length;
    if (length === 0) this.#goOn(EMPTY, 0);
  }

  /** @returns the position behind what it took */
  #goOn(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#left, bytes.length);
    this.#left -= end - at;
    const isLast = this.#left === 0;
    const type = this.#type;
    if (type === FRAME.data) this.#sink.onData(this.#stream, bytes.subarray(at, end), isLast ? this.#flags : 0, isLast);
    else if (type >= FIRST_UNKNOWN_TYPE) {
      if (isLast) this.#sink.onUnknown(type);
    } else if (isLast && this.#held === undefined) {
      this.#sink.onFrame(type, this.#flags, this.#stream, bytes.subarray(at, end));
    } else this.#hold(bytes, at, end);
    return end;
  }

  #hold(bytes: Buffer, at: number, end: number): void {
    const held = this.#held ?? Buffer.allocUnsafeSlow(end - at + this.#left);
    this.#held = held;
    this.#heldBytes += bytes.copy(held, this.#heldBytes, at, end);
    if (this.#left > 0) return;
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#sink.onFrame(this.#type, this.#flags, this.#stream, held);
  }
}
