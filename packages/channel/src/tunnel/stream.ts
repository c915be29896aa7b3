import { END, FRAME, MAX_PAYLOAD_BYTES } from './frame.ts';
import { RESET_CODES, TunnelFault, type ResetCode } from './fault.ts';
import { GROWN_STREAM_CREDIT, MAX_CREDIT } from './limits.ts';
import type { Outbox } from './outbox.ts';

/** How a stream ended before its end: by a code of the other side, or `lost` with the tunnel, when nothing is known of it. */
export type StreamEnd = ResetCode | 'lost';

/** Takes what comes on a stream. Each is called while bytes are read from the socket, so none may throw. */
export interface StreamReceiver {
  /** A head after the first, as {@link TunnelStream.head} was given it. */
  onHead(block: string): void;
  /** Bytes, which the receiver keeps. {@link TunnelStream.consumed} is to be told of each, once it has passed them on. */
  onData(bytes: Buffer): void;
  /** Nothing more comes. The stream is over when our own side has ended, too. */
  onEnd(): void;
  /** The stream is over, before its end. Called at most once, and nothing after it. */
  onReset(code: StreamEnd, detail: string): void;
  /** There is room again, after `write` returned false. */
  onWritable(): void;
}

/** What a stream needs of its tunnel. */
export interface StreamHost {
  readonly outbox: Outbox;
  /** Bytes that all streams together may send now. */
  sendCredit: number;
  /** Whether other streams wait to send: then a stream waits behind them. */
  readonly isContended: boolean;
  /** Has a stream send when its turn comes. */
  await(stream: TunnelStream): void;
  /** Gives credit of the tunnel back. */
  consumed(bytes: number): void;
  /** Asks for more credit than was there at the beginning. @returns how much may be given */
  grow(bytes: number): number;
  shrink(bytes: number): void;
  over(stream: TunnelStream): void;
}

/** How much one stream sends before the next has its turn. */
const TURN_BYTES = 32_768;

/**
 * One stream of a tunnel: bytes in both directions, each of which ends by itself, heads between them, and credit for what may be
 * on the way. It knows no Node stream, because those cost more than all the rest; {@link TunnelDuplex} is one over it.
 */
export class TunnelStream {
  readonly id: number;
  /** Takes what comes. Set before anything can come. */
  receiver: StreamReceiver;
  readonly #host: StreamHost;
  /** What waits to be sent. */
  #waiting: Buffer[] = [];
  #sendCredit: number;
  #sending: 'open' | 'ending' | 'ended' = 'open';
  #receiving: 'open' | 'ended' = 'open';
  #isOver = false;
  /** What may still come. */
  #window: number;
  /** What may come between two grants. */
  #fullWindow: number;
  #grown = 0;
  #unread = 0;
  /** Passed on, and not given back as credit yet. */
  #owed = 0;
  #consumedEver = 0;

  constructor(id: number, host: StreamHost, sendCredit: number, window: number, receiver: StreamReceiver) {
    this.id = id;
    this.#host = host;
    this.#sendCredit = sendCredit;
    this.#window = window;
    this.#fullWindow = window;
    this.receiver = receiver;
  }

  /** Nothing comes any more, and nothing is sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes that came and were not passed on. */
  get unread(): number {
    return this.#unread;
  }

  /** Grows as bytes are passed on: who reads nothing is known by it. */
  get consumedEver(): number {
    return this.#consumedEver;
  }

  /**
   * Sends bytes, or keeps them until there is credit. They must not be changed afterwards.
   *
   * @returns whether more is welcome; where not, the receiver's `onWritable` says when
   */
  write(bytes: Buffer): boolean {
    if (this.#isOver || this.#sending !== 'open') return false;
    const host = this.#host;
    const { length } = bytes;
    if (length <= this.#sendCredit && length <= host.sendCredit && length <= MAX_PAYLOAD_BYTES && this.#mayGoNow()) {
      if (length === 0) return true;
      this.#sendCredit -= length;
      host.sendCredit -= length;
      host.outbox.add(FRAME.data, 0, this.id, bytes);
      return !host.outbox.isFull;
    }
    this.#waiting.push(bytes);
    if (this.#sendCredit > 0) host.await(this);
    return false;
  }

  /** Sends the last bytes, or says that there are no more. The other direction goes on. */
  end(bytes?: Buffer): void {
    if (this.#isOver || this.#sending !== 'open') return;
    const host = this.#host;
    const length = bytes?.length ?? 0;
    const fits = length <= this.#sendCredit && length <= host.sendCredit && length <= MAX_PAYLOAD_BYTES;
    // An end alone needs no credit, but must not overtake what waits.
    if (length === 0 ? this.#waiting.length === 0 : fits && this.#mayGoNow()) {
      this.#sendCredit -= length;
      host.sendCredit -= length;
      host.outbox.add(FRAME.data, END, this.id, bytes ?? EMPTY);
      this.#sentEnd();
      return;
    }
    if (bytes !== undefined && length > 0) this.#waiting.push(bytes);
    this.#sending = 'ending';
    if (this.#sendCredit > 0) host.await(this);
  }

  /**
   * Sends a head: of an answer, or the fields after a body. It needs no credit. Where data waits, it goes behind it.
   *
   * @param block one byte a sign, at most 65,535. @throws RangeError for more
   */
  head(block: string, isEnd: boolean): void {
    if (this.#isOver || this.#sending !== 'open') return;
    if (block.length >= MAX_PAYLOAD_BYTES) throw new RangeError(`a head of ${block.length} bytes`);
    if (this.#waiting.length > 0) {
      this.#waitingHead = { block, isEnd };
      if (isEnd) this.#sending = 'ending';
      return;
    }
    this.#host.outbox.addText(FRAME.head, isEnd ? END : 0, this.id, block);
    if (isEnd) this.#sentEnd();
  }

  /** Ends it at once, both directions. The receiver is told nothing more. */
  reset(code: ResetCode, detail = ''): void {
    if (this.#isOver) return;
    this.#host.outbox.addText(FRAME.reset, 0, this.id, detail.slice(0, 256), RESET_CODES[code]);
    this.#finish();
  }

  /** Says that bytes were passed on: as many may come again. */
  consumed(bytes: number): void {
    if (this.#isOver) return;
    this.#unread -= bytes;
    this.#consumedEver += bytes;
    this.#host.consumed(bytes);
    if (this.#receiving === 'ended') return;
    this.#owed += bytes;
    if (this.#owed * 2 < this.#fullWindow) return;
    const most = Math.min(this.#fullWindow, GROWN_STREAM_CREDIT - this.#fullWindow);
    const more = most > 0 ? this.#host.grow(most) : 0;
    this.#grown += more;
    this.#fullWindow += more;
    const grant = this.#owed + more;
    this.#owed = 0;
    this.#window += grant;
    this.#host.outbox.addNumber(FRAME.window, this.id, grant);
  }

  /** For the tunnel: bytes came. @throws TunnelFault */
  receive(bytes: Buffer, isEnd: boolean): void {
    if (this.#receiving === 'ended') throw new TunnelFault('protocol', `data after the end of stream ${this.id}`);
    this.#window -= bytes.length;
    if (this.#window < 0) throw new TunnelFault('flow-control', `more than the credit of stream ${this.id}`);
    if (bytes.length > 0) {
      this.#unread += bytes.length;
      this.receiver.onData(bytes);
    }
    if (isEnd) this.#receiveEnd();
  }

  /** For the tunnel: a head came. @throws TunnelFault */
  receiveHead(block: string, isEnd: boolean): void {
    if (this.#receiving === 'ended') throw new TunnelFault('protocol', `a head after the end of stream ${this.id}`);
    this.receiver.onHead(block);
    if (isEnd) this.#receiveEnd();
  }

  /** For the tunnel: the first head of it was its end, too. */
  receiveEndAtOpen(): void {
    this.#receiving = 'ended';
  }

  /** For the tunnel: more may be sent. @throws TunnelFault */
  receiveCredit(bytes: number): void {
    this.#sendCredit += bytes;
    if (this.#sendCredit > MAX_CREDIT) throw new TunnelFault('flow-control', `too much credit for stream ${this.id}`);
    if (this.#waiting.length > 0) this.#host.await(this);
  }

  /** For the tunnel: the other side, or the end of the tunnel, ended it. */
  receiveReset(code: StreamEnd, detail: string): void {
    if (this.#isOver) return;
    this.#finish();
    this.receiver.onReset(code, detail);
  }

  /** For the tunnel: its turn to send has come. @returns whether it could send more */
  sendSome(): boolean {
    const host = this.#host;
    let left = Math.min(TURN_BYTES, this.#sendCredit, host.sendCredit);
    while (left > 0) {
      const first = this.#waiting[0];
      if (first === undefined) break;
      const bytes = first.length <= left ? first : first.subarray(0, left);
      if (bytes === first) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(left);
      left -= bytes.length;
      this.#sendCredit -= bytes.length;
      host.sendCredit -= bytes.length;
      const isLast = this.#sending === 'ending' && this.#waiting.length === 0 && this.#waitingHead === undefined;
      host.outbox.add(FRAME.data, isLast ? END : 0, this.id, bytes);
      if (isLast) {
        this.#sentEnd();
        return false;
      }
    }
    if (this.#waiting.length > 0) return this.#sendCredit > 0;
    this.#afterWaiting();
    return false;
  }

  /** For the tunnel: it has begun with its end. */
  sentEndAtOpen(): void {
    this.#sending = 'ended';
  }

  #waitingHead: { readonly block: string; readonly isEnd: boolean } | undefined;

  #afterWaiting(): void {
    const head = this.#waitingHead;
    if (head !== undefined) {
      this.#waitingHead = undefined;
      this.#host.outbox.addText(FRAME.head, head.isEnd ? END : 0, this.id, head.block);
      if (head.isEnd) this.#sentEnd();
    }
    if (!this.#isOver && this.#sending === 'open') this.receiver.onWritable();
  }

  #mayGoNow(): boolean {
    return this.#waiting.length === 0 && !this.#host.isContended && !this.#host.outbox.isFull;
  }

  #sentEnd(): void {
    this.#sending = 'ended';
    if (this.#receiving === 'ended') this.#finish();
  }

  #receiveEnd(): void {
    this.#receiving = 'ended';
    const isOver = this.#sending === 'ended';
    this.receiver.onEnd();
    if (isOver) this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    this.#host.over(this);
    if (this.#unread > 0) this.#host.consumed(this.#unread);
    if (this.#grown > 0) this.#host.shrink(this.#grown);
  }
}

const EMPTY = Buffer.alloc(0);
