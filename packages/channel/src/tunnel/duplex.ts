import { Duplex } from 'node:stream';
import { ThemisError } from '@themis-mesh/core';
import type { ByteStream } from './byte-stream.ts';
import type { StreamEnd, StreamReceiver } from './stream-receiver.ts';

type Done = (error?: Error | null) => void;

/** What Node's stream holds beside the credit of the tunnel, at the most. */
const BUFFER_BYTES = 16_384;

/**
 * A stream of a tunnel as a stream of Node. As a socket of `node:net`, it ends its own side with the other's, unless
 * `allowHalfOpen` is set on it. Where the other side breaks off it is destroyed with `THEMIS_CONNECTION_LOST`; whoever destroys
 * it breaks off the other side, too.
 */
export class TunnelDuplex extends Duplex implements StreamReceiver {
  #stream: ByteStream | undefined;
  #waiting: Done | undefined;
  /** Bytes in the buffer of Node's stream that nobody has asked for. */
  #unasked = 0;

  constructor() {
    super({ allowHalfOpen: false, readableHighWaterMark: BUFFER_BYTES });
  }

  /** Joins it to its stream. Called once, before anything can come. */
  attach(stream: ByteStream): this {
    this.#stream = stream;
    stream.keepUnread();
    if (this.destroyed) stream.reset('cancelled');
    return this;
  }

  onHead(): void {
    this.#stream?.reset('malformed', 'a head on a stream of bytes');
    this.onReset('malformed', 'a head on a stream of bytes');
  }

  onData(bytes: Buffer): void {
    if (this.push(bytes)) this.#stream?.consumed(bytes.length);
    else this.#unasked += bytes.length;
  }

  onEnd(): void {
    this.push(null);
    // Nobody asks for more behind the last.
    if (this.#unasked > 0) this.once('end', () => this.#tellAsked());
  }

  onReset(code: StreamEnd, detail: string): void {
    const why = detail === '' ? code : `${code}: ${detail}`;
    this.destroy(new ThemisError('THEMIS_CONNECTION_LOST', why));
  }

  onWritable(): void {
    const done = this.#waiting;
    this.#waiting = undefined;
    done?.();
  }

  override _read(): void {
    this.#tellAsked();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#stream?.write(chunk) === true) done();
    else this.#waiting = done;
  }

  override _final(done: Done): void {
    this.#stream?.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#stream?.reset(error === null ? 'cancelled' : 'broken');
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(error ?? new ThemisError('THEMIS_CONNECTION_LOST', 'it was destroyed'));
    done(error);
  }

  #tellAsked(): void {
    const bytes = this.#unasked;
    this.#unasked = 0;
    if (bytes > 0) this.#stream?.consumed(bytes);
  }
}
