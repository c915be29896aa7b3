import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Peer } from '@themis-mesh/core';
import { Channel, type Clock } from '@themis-mesh/channel';

/** One end of a connection in memory. Bytes wait on their way until they are delivered. */
export class MemorySocket extends Duplex {
  other: MemorySocket | undefined;
  #onTheWay: { readonly bytes: Buffer; readonly done: () => void }[] = [];
  #hasEnded = false;

  constructor() {
    // As a socket of TLS is.
    super({ allowHalfOpen: false });
  }

  get waiting(): number {
    return this.#onTheWay.reduce((sum, { bytes }) => sum + bytes.length, 0) + (this.#hasEnded ? 1 : 0);
  }

  /** Brings so many bytes to the other side, in slices of their own memory, as a socket reads them. */
  deliver(most: number): void {
    let left = most;
    while (left > 0) {
      const first = this.#onTheWay[0];
      if (first === undefined) break;
      const some = first.bytes.subarray(0, left);
      left -= some.length;
      this.other?.push(Buffer.concat([some]));
      if (some.length < first.bytes.length) this.#onTheWay[0] = { ...first, bytes: first.bytes.subarray(some.length) };
      else {
        this.#onTheWay.shift();
        first.done();
      }
    }
    if (this.#onTheWay.length > 0 || !this.#hasEnded) return;
    this.#hasEnded = false;
    this.other?.push(null);
  }

  override _read(): void {
    // What is delivered is pushed.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // The memory stays the writer's until the write is done: it is not copied before it is delivered.
    if (bytes.length === 0) done();
    else this.#onTheWay.push({ bytes, done });
  }

  override _final(done: () => void): void {
    this.#hasEnded = true;
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    if (other !== undefined && !other.destroyed) process.nextTick(() => other.destroy());
    done(error);
  }
}

const PEER: Peer = {
  id: 'peer',
  name: undefined,
  goodUntil: 4_000_000_000,
} as unknown as Peer; // A tunnel looks at nothing of it but its end.

/** Two channels over one connection in memory: a dialler's and an accepter's. */
export function memoryChannels(clock: Clock): {
  readonly sockets: readonly [MemorySocket, MemorySocket];
  readonly channels: readonly [Channel, Channel];
} {
  const sockets = [new MemorySocket(), new MemorySocket()] as const;
  sockets[0].other = sockets[1];
  sockets[1].other = sockets[0];
  const channelOf = (socket: MemorySocket): Channel =>
    new Channel({
      // Of TLS it has nothing, and a tunnel asks for nothing of it.
      socket: socket as unknown as TLSSocket,
      peer: PEER,
      protocol: 'themis/1',
      ownSerial: '1',
      ownNotAfter: 4_000_000_000,
      drainAt: 0.9,
      clock,
    });
  return { sockets, channels: [channelOf(sockets[0]), channelOf(sockets[1])] };
}
