import { FIRST_UNKNOWN_TYPE, FRAME, HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_STREAM } from './frame.ts';
import { TunnelFault } from './fault.ts';

/** Takes what a {@link FrameReader} reads. What it throws comes out of `push`, after which the reader must not be used. */
export interface FrameSink {
  /** A piece of a `data` frame, as it came; the frame's flags come with its last piece, and 0 before. */
  onData(stream: number, bytes: Buffer, flags: number, isLast: boolean): void;
  /** Any other frame that is known, whole. */
  onFrame(type: number, flags: number, stream: number, payload: Buffer): void;
}

const EMPTY = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into frames, however it is sliced. Data is handed on as it comes, without a copy; only what a frame of
 * another type still lacks is waited for, and held until then: at most one frame.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  /** The beginning of a frame that is not whole yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes are needed before it is looked at again. */
  #needed = 0;
  /** What is still to come of a `data` frame. */
  #dataLeft = 0;
  #dataStream = 0;
  #dataFlags = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws TunnelFault for what is no frame, and what the sink throws */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#needed) return;
      bytes = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#heldBytes = 0;
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#dataLeft > 0) {
        at = this.#passData(bytes, at);
        continue;
      }
      if (bytes.length - at < HEADER_BYTES) {
        this.#hold(bytes, at, HEADER_BYTES);
        return;
      }
      const first = bytes.readUInt32BE(at);
      const length = first >>> 8;
      const flags = (first >>> 4) & 15;
      const type = first & 15;
      const stream = bytes.readUInt32BE(at + 4);
      if (length > MAX_PAYLOAD_BYTES) throw new TunnelFault('protocol', `a frame of ${length} bytes`);
      if (stream > MAX_STREAM) throw new TunnelFault('protocol', `stream ${stream}`);
      const payload = at + HEADER_BYTES;
      if (type === FRAME.data) {
        at = payload;
        this.#dataLeft = length;
        this.#dataStream = stream;
        this.#dataFlags = flags;
        if (length === 0) this.#sink.onData(stream, EMPTY, flags, true);
      } else if (bytes.length - payload < length) {
        this.#hold(bytes, at, HEADER_BYTES + length);
        return;
      } else {
        at = payload + length;
        if (type < FIRST_UNKNOWN_TYPE) this.#sink.onFrame(type, flags, stream, bytes.subarray(payload, at));
      }
    }
  }

  #passData(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.#dataLeft, bytes.length);
    this.#dataLeft -= end - at;
    const isLast = this.#dataLeft === 0;
    this.#sink.onData(this.#dataStream, bytes.subarray(at, end), isLast ? this.#dataFlags : 0, isLast);
    return end;
  }

  #hold(bytes: Buffer, at: number, needed: number): void {
    this.#held = [bytes.subarray(at)];
    this.#heldBytes = bytes.length - at;
    this.#needed = needed;
  }
}
