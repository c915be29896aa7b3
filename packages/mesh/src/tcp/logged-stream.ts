import type { ByteStream, Channel, ResetCode, StreamEnd, StreamReceiver } from '@themis-mesh/channel';
import type { OpenRequest } from '@themis-mesh/telemetry';

/** Stands between a stream and who reads it, and tells the log of it when it is over. */
export class LoggedStream implements ByteStream, StreamReceiver {
  /** Takes what comes. Set before anything can come. */
  receiver: StreamReceiver;
  protected readonly open: OpenRequest;
  protected stream: ByteStream;
  protected channel: Channel | undefined;
  /** Bytes that were written to it, and that came on it. */
  protected written = 0;
  protected received = 0;
  protected isEnded = false;
  #hasEnded = false;
  #isOver = false;
  #onOver: (() => void) | undefined;

  constructor(open: OpenRequest, channel: Channel | undefined, stream: ByteStream, receiver: StreamReceiver) {
    this.open = open;
    this.channel = channel;
    this.stream = stream;
    this.receiver = receiver;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Has `done` called when it is over, or gone from where it was. Only the last one given is. */
  whenOver(done: () => void): void {
    if (this.#isOver) done();
    else this.#onOver = done;
  }

  /** It is no more where it was. */
  protected leave(): void {
    const done = this.#onOver;
    this.#onOver = undefined;
    done?.();
  }

  write(bytes: Buffer, isLent = false): boolean {
    this.written += bytes.length;
    return this.stream.write(bytes, isLent);
  }

  end(bytes?: Buffer): void {
    if (bytes !== undefined && bytes.length > 0) this.write(bytes);
    this.isEnded = true;
    this.stream.end();
    if (this.#hasEnded) this.over();
  }

  reset(code: ResetCode, detail = ''): void {
    this.stream.reset(code, detail);
    this.over(code);
  }

  consumed(bytes: number): void {
    this.stream.consumed(bytes);
  }

  keepUnread(): void {
    this.stream.keepUnread();
  }

  onHead(): void {
    this.stream.reset('malformed', 'a head on a stream of bytes');
    this.onReset('malformed', 'a head on a stream of bytes');
  }

  onData(bytes: Buffer): void {
    this.received += bytes.length;
    this.receiver.onData(bytes);
  }

  onEnd(): void {
    this.#hasEnded = true;
    this.receiver.onEnd();
    if (this.isEnded) this.over();
  }

  onReset(code: StreamEnd, detail: string): void {
    this.over(code);
    this.receiver.onReset(code, detail);
  }

  onWritable(): void {
    this.receiver.onWritable();
  }

  protected over(code?: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { open } = this;
    const isInbound = open.direction === 'inbound';
    open.bytesIn = isInbound ? this.received : this.written;
    open.bytesOut = isInbound ? this.written : this.received;
    if (code !== undefined) open.refusal ??= this.#refusalOf(code);
    open.end();
    this.leave();
  }

  /** What the log says of a stream that broke off: why its channel was cut, where it was, or a code of ours. */
  #refusalOf(code: StreamEnd): string | undefined {
    const state = this.channel?.state;
    if (code === 'lost' && state?.is === 'closed' && state.because !== undefined) return state.because.code;
    if (code === 'cancelled') return undefined;
    return code === 'unreachable' ? 'THEMIS_NOT_READY' : 'THEMIS_CONNECTION_LOST';
  }
}
