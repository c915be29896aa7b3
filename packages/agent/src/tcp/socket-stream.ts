import type { Socket } from 'node:net';
import type { ByteStream, StreamReceiver } from '@themis-mesh/channel';
import { reset } from './reset.ts';

/** Where a socket knows what it is joined to. */
const JOINED = Symbol('joined');

interface JoinedSocket extends Socket {
  [JOINED]: SocketStream;
}

/**
 * Joins a plain socket and a stream: bytes go over at the pace of the slower side, the end of one direction is passed on while
 * the other goes on, and what breaks off on one side breaks off on the other. With no stream of Node in between, and the same
 * listeners for all, since there may be ten thousand.
 */
export class SocketStream implements StreamReceiver {
  readonly #socket: Socket;
  /** What is said of a socket that breaks off. */
  #fault: 'unreachable' | 'broken' | 'cancelled' = 'broken';
  #stream: ByteStream | undefined;
  /** Given to the socket, and not on its way yet. */
  #waiting = 0;

  readonly #onUnreachable: ((error: Error) => void) | undefined;

  /**
   * @param socket may be connecting yet: where it does not get there, the stream is `unreachable`
   * @param onUnreachable hears why
   */
  constructor(socket: Socket, onUnreachable?: (error: Error) => void) {
    this.#socket = socket;
    this.#onUnreachable = onUnreachable;
    // Must be set before the end is seen (Node, duplex.allowHalfOpen).
    socket.allowHalfOpen = true;
    (socket as JoinedSocket)[JOINED] = this;
    socket.on('error', noteError);
    if (!socket.connecting) return;
    this.#fault = 'unreachable';
    socket.once('connect', noteConnected);
  }

  /** Joins it to its stream: once, in the turn in which that is opened, before anything can come. */
  join(stream: ByteStream): this {
    const socket = this.#socket;
    this.#stream = stream;
    if (socket.destroyed) {
      stream.reset('cancelled');
      return this;
    }
    stream.keepUnread();
    socket.on('end', passOnEnd);
    socket.on('drain', passOnDrain);
    socket.on('close', passOnClose);
    socket.on('data', passOnData);
    return this;
  }

  onHead(): void {
    this.#stream?.reset('malformed', 'a head on a stream of bytes');
    this.onReset();
  }

  onData(bytes: Buffer): void {
    if (this.#socket.write(bytes)) this.#stream?.consumed(bytes.length);
    else this.#waiting += bytes.length;
  }

  onEnd(): void {
    this.#socket.end();
  }

  /** Reset, so that the other end cannot take what it has for the whole. */
  onReset(): void {
    if (this.#socket.connecting) this.#socket.destroy();
    else reset(this.#socket);
  }

  onWritable(): void {
    this.#socket.resume();
  }

  noteConnected(): void {
    this.#fault = 'broken';
  }

  /** `close` follows, and passes it on. */
  noteError(error: Error): void {
    if (this.#fault === 'unreachable') this.#onUnreachable?.(error);
  }

  takeData(bytes: Buffer, isLent: boolean): boolean {
    return this.#stream?.write(bytes, isLent) !== false;
  }

  takeEnd(): void {
    this.#stream?.end();
  }

  takeDrain(): void {
    const bytes = this.#waiting;
    this.#waiting = 0;
    if (bytes > 0) this.#stream?.consumed(bytes);
  }

  takeClose(): void {
    const { readableEnded, writableFinished } = this.#socket;
    // Also where both directions have ended: what was not passed on counts no more.
    this.#stream?.reset(readableEnded && writableFinished ? 'cancelled' : this.#fault);
  }
}

/**
 * Where sockets read to that are opened with `onread`: one buffer for all, because what is read is passed on before the next
 * read, and copied where it has to wait. A new one for each read of each socket is a good part of what a read costs.
 */
export const readBuffer: Buffer = Buffer.allocUnsafeSlow(65_536);

/** For `onread` of such a socket. @returns whether it is to read on */
export function takeRead(this: Socket, bytes: number, buffer: Uint8Array): boolean {
  return (this as JoinedSocket)[JOINED].takeData(Buffer.from(buffer.buffer, buffer.byteOffset, bytes), true);
}

function passOnData(this: Socket, bytes: Buffer): void {
  if (!(this as JoinedSocket)[JOINED].takeData(bytes, false)) this.pause();
}

function passOnEnd(this: Socket): void {
  (this as JoinedSocket)[JOINED].takeEnd();
}

function passOnDrain(this: Socket): void {
  (this as JoinedSocket)[JOINED].takeDrain();
}

function passOnClose(this: Socket): void {
  (this as JoinedSocket)[JOINED].takeClose();
}

function noteConnected(this: Socket): void {
  (this as JoinedSocket)[JOINED].noteConnected();
}

function noteError(this: Socket, error: Error): void {
  (this as JoinedSocket)[JOINED].noteError(error);
}
