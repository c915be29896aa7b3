import { accept, refuse, type Verdict } from '@themis-mesh/core';
import { MAX_MESSAGE_BYTES, PREFIX_BYTES } from './wire.ts';

/** Cuts what comes on a stream into messages, however it is sliced. It holds at most one message that is not whole. */
export class MessageCutter {
  readonly #most: number;
  readonly #prefix: Buffer = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #message: Buffer | undefined;
  #messageBytes = 0;

  /** @param most bytes of one message */
  constructor(most: number = MAX_MESSAGE_BYTES) {
    this.#most = most;
  }

  /** Whether a message has begun that is not whole. */
  get isInside(): boolean {
    return this.#prefixBytes > 0;
  }

  /** @returns the messages that are whole now; refused where one would be longer than it may, after which nothing is read */
  push(chunk: Uint8Array): Verdict<readonly Buffer[]> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const messages: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        const copied = bytes.copy(this.#prefix, this.#prefixBytes, at);
        this.#prefixBytes += copied;
        at += copied;
        if (this.#prefixBytes < PREFIX_BYTES) break;
        const length = this.#prefix.readUInt32BE(0);
        if (length === 0 || length > this.#most) return refuse('node-message', `${length} bytes, at most ${this.#most}`);
        // A peer that only says that much is coming shall not make us hold it.
        this.#message = Buffer.allocUnsafeSlow(Math.min(length, 4096 + bytes.length - at));
        this.#messageBytes = 0;
      }
      at += this.#take(bytes, at, messages);
    }
    return accept(messages);
  }

  #take(bytes: Buffer, at: number, messages: Buffer[]): number {
    const length = this.#prefix.readUInt32BE(0);
    const taken = Math.min(length - this.#messageBytes, bytes.length - at);
    const message = this.#grown(this.#messageBytes + taken, length);
    bytes.copy(message, this.#messageBytes, at, at + taken);
    this.#messageBytes += taken;
    if (this.#messageBytes === length) {
      messages.push(message.subarray(0, length));
      this.#message = undefined;
      this.#prefixBytes = 0;
    }
    return taken;
  }

  #grown(needed: number, length: number): Buffer {
    const held = this.#message ?? Buffer.alloc(0);
    if (held.length >= needed) return held;
    const larger = Buffer.allocUnsafeSlow(Math.min(length, Math.max(needed, held.length * 2)));
    held.copy(larger, 0, 0, this.#messageBytes);
    this.#message = larger;
    return larger;
  }
}
