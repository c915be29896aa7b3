import type { ByteStream, Channel, StreamReceiver } from '@themis-mesh/channel';
import { NOBODY } from './nothing.ts';

/** What came and was not passed on, at the most, before the other side is slowed down. */
const UNREAD_BYTES = 65_536;

/** A channel of its own as a stream, for instances that have no tunnels (`themis-tcp/1`). */
export class ChannelStream implements ByteStream {
  /** Takes what comes. Set before the turn ends in which the stream is made. */
  receiver: StreamReceiver;
  readonly #channel: Channel;
  #unread = 0;

  constructor(channel: Channel, receiver: StreamReceiver) {
    const { socket } = channel;
    this.receiver = receiver;
    this.#channel = channel;
    socket.allowHalfOpen = true;
    socket.on('data', (chunk: Buffer) => {
      this.#unread += chunk.length;
      this.receiver.onData(chunk);
      if (this.#unread >= UNREAD_BYTES) socket.pause();
    });
    socket.on('drain', () => this.receiver.onWritable());
    socket.once('end', () => this.receiver.onEnd());
    channel.onState((state) => {
      if (state.is !== 'closed' || (socket.readableEnded && socket.writableFinished)) return;
      this.receiver.onReset('lost', state.because === undefined ? 'the connection ended' : state.because.code);
    });
  }

  write(bytes: Buffer, isLent = false): boolean {
    return this.#channel.socket.write(isLent ? Buffer.from(bytes) : bytes);
  }

  end(bytes?: Buffer): void {
    const { socket } = this.#channel;
    if (bytes === undefined) socket.end();
    else socket.end(bytes);
  }

  reset(): void {
    this.receiver = NOBODY;
    this.#channel.cut();
  }

  consumed(bytes: number): void {
    this.#unread -= bytes;
    if (this.#unread < UNREAD_BYTES) this.#channel.socket.resume();
  }

  keepUnread(): void {
    // A socket keeps what nobody reads.
  }
}
