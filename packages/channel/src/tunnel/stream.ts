import { Backlog } from './backlog.ts';
import { TUNNEL_BOUNDS } from './bounds.ts';
import { plainDetail } from './control-frames.ts';
import { FRAME } from './frame.ts';
import { RESET_CODES, TunnelFault, type ResetCode } from './fault.ts';
import { grantFrom } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { Holder, ReceiveBudget } from './receive-budget.ts';
import { SendingHalf } from './sending-half.ts';
import { NOBODY, type StreamEnd, type StreamReceiver } from './stream-receiver.ts';
import type { Turns } from './turns.ts';

/** What a stream needs of its tunnel. */
export interface StreamHost {
  readonly outbox: Outbox;
  readonly turns: Turns;
  readonly budget: ReceiveBudget;
  over(stream: TunnelStream): void;
}

/**
 * One stream of a tunnel: bytes in both directions, each of which ends by itself, heads between them, and credit for what may be
 * on the way. It knows no Node stream, because those cost more than all the rest; {@link TunnelDuplex} is one over it.
 */
export class TunnelStream extends SendingHalf implements Holder {
  /** What heads of it count for in the budget of the tunnel, until it is over. */
  headBytes = 0;
  readonly #host: StreamHost;
  #receiving: 'open' | 'ended' = 'open';
  #isOver = false;
  /** What may still come. */
  #window: number;
  /** What may come between two grants. */
  #fullWindow: number;
  #grown = 0;
  #unread = 0;
  /** Made where something is not passed on at once. */
  #backlog: Backlog | undefined;
  #keepsUnread = false;
  /** Passed on, and not given back as credit yet. */
  #owed = 0;
  #consumedEver = 0;
  #laterHeadBytes = 0;
  /** The chunk that is kept for its first piece. */
  #pinned = 0;

  constructor(id: number, host: StreamHost, sendCredit: number, window: number, receiver: StreamReceiver) {
    super(id, host.outbox, host.turns, sendCredit, receiver);
    this.#host = host;
    this.#window = window;
    this.#fullWindow = window;
  }

  /** Nothing comes any more, and nothing is sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes that came and were not passed on. */
  get unread(): number {
    return this.#unread;
  }

  /** In how many pieces, at the most. */
  get pieces(): number {
    return this.#backlog?.pieces ?? 0;
  }

  /** Grows as bytes are passed on: who reads nothing is known by it. */
  get consumedEver(): number {
    return this.#consumedEver;
  }

  /** Ends it at once, both directions. The receiver is told nothing more. */
  reset(code: ResetCode, detail = ''): void {
    if (this.#isOver) {
      this.#release();
      return;
    }
    this.#host.outbox.addText(FRAME.reset, 0, this.id, plainDetail(detail), RESET_CODES[code]);
    this.#finish();
  }

  /** Says that bytes were passed on: as many may come again. */
  consumed(bytes: number): void {
    const passedOn = Math.min(bytes, this.#unread);
    if (!(passedOn > 0)) return;
    const { budget } = this.#host;
    this.#unread -= passedOn;
    this.#consumedEver += passedOn;
    if (this.#backlog !== undefined) {
      const pieces = this.#backlog.passedOn(this.#consumedEver, this.#unread);
      if (this.#unread === 0) this.#unpin();
      if (pieces > 0 || this.#unread === 0) budget.holds(this, -pieces);
    }
    budget.consumed(passedOn);
    if (this.#receiving === 'ended' || this.#isOver) return;
    this.#owed += passedOn;
    this.#grantWhatIsDue();
  }

  /**
   * What came and was not passed on goes on to count beyond the end of the stream, until it is passed on or `reset` is called.
   * For receivers whose readers may be slower than the stream; without it, what is whole is the receiver's own.
   */
  keepUnread(): void {
    this.#keepsUnread = true;
  }

  /** For the tunnel: bytes came. @throws TunnelFault */
  receive(bytes: Buffer, isEnd: boolean): void {
    if (this.#receiving === 'ended') throw new TunnelFault('protocol', `data after the end of stream ${this.id}`);
    const { length } = bytes;
    this.#window -= length;
    if (this.#window < 0) throw new TunnelFault('flow-control', `more than the credit of stream ${this.id}`);
    if (length > 0) {
      const mayLie = this.#unread > 0 || this.#keepsUnread || this.#host.budget.isPinned;
      this.#unread += length;
      this.receiver.onData(mayLie ? withoutMuchElse(bytes) : bytes);
      // What is whole with this is the receiver's own in a moment.
      if (this.#unread > 0 && !(isEnd && this.isSent && !this.#keepsUnread)) {
        if (!mayLie) this.#pin(bytes);
        this.#holdOne();
      }
    }
    if (isEnd && !this.#isOver) this.#receiveEnd();
  }

  /** For the tunnel: a head came. @throws TunnelFault */
  receiveHead(block: string, isEnd: boolean): void {
    if (this.#receiving === 'ended') throw new TunnelFault('protocol', `a head after the end of stream ${this.id}`);
    const bytes = headBytesOf(block.length);
    this.#laterHeadBytes += bytes;
    if (this.#laterHeadBytes > TUNNEL_BOUNDS.laterHeads) {
      this.#breakOff('malformed', 'too many heads');
      return;
    }
    if (!this.#host.budget.takeHead(bytes)) {
      this.#breakOff('stalled', 'too much in heads of all streams');
      return;
    }
    this.headBytes += bytes;
    // Room was made for it among all who share memory, and this one may have made way.
    if (this.#isOver) {
      this.#host.budget.dropHeads(bytes);
      return;
    }
    this.receiver.onHead(block);
    if (isEnd && !this.#isOver) this.#receiveEnd();
  }

  /** For the tunnel: the first head of it was its end, too. */
  receiveEndAtOpen(): void {
    this.#receiving = 'ended';
  }

  /** For the tunnel: it has begun with its end. */
  sentEndAtOpen(): void {
    super.sentEnd();
  }

  /** For the tunnel: the other side, or the end of the tunnel, ended it. */
  receiveReset(code: StreamEnd, detail: string): void {
    if (this.#isOver) return;
    this.#finish();
    this.receiver.onReset(code, detail);
  }

  /** For the tunnel: what it holds has to make way. */
  stall(why: string): void {
    if (!this.#isOver) {
      this.#breakOff('stalled', why);
      return;
    }
    this.#release();
    this.receiver.onReset('stalled', why);
  }

  protected override sentEnd(): void {
    super.sentEnd();
    if (this.#receiving === 'ended') this.#finish(true);
  }

  #receiveEnd(): void {
    this.#receiving = 'ended';
    this.#shrink();
    const isBoth = this.isSent;
    this.receiver.onEnd();
    if (isBoth) this.#finish(true);
  }

  /** The first piece, which most readers pass on at once, is not copied; here one did not. */
  #pin(bytes: Buffer): void {
    if (isMuchOfIts(bytes)) return;
    this.#pinned = bytes.buffer.byteLength;
    this.#host.budget.pin(this.#pinned);
  }

  #unpin(): void {
    if (this.#pinned === 0) return;
    this.#host.budget.pin(-this.#pinned);
    this.#pinned = 0;
  }

  /** One piece more was not passed on at once. */
  #holdOne(): void {
    this.#backlog ??= new Backlog();
    this.#backlog.add();
    this.#host.budget.holds(this, 1);
    // A reader that waits for more has to get it, although the less there is on the way the less was passed on.
    if (!this.#isOver) this.#grantWhatIsDue();
  }

  #grantWhatIsDue(): void {
    if (this.#owed < grantFrom(this.#fullWindow, this.#unread)) return;
    const grant = this.#owed + this.#grow();
    this.#owed = 0;
    this.#window += grant;
    this.#host.outbox.addNumber(FRAME.window, this.id, grant);
  }

  /** Grows with what is on the way, not with what lies here unread. @returns how much more may come between two grants */
  #grow(): number {
    const most = Math.min(this.#fullWindow, TUNNEL_BOUNDS.grownStreamCredit - this.#fullWindow);
    if (most <= 0 || this.#unread * 4 > this.#fullWindow) return 0;
    const more = this.#host.budget.grow(most);
    this.#grown += more;
    this.#fullWindow += more;
    return more;
  }

  #shrink(): void {
    if (this.#grown > 0) this.#host.budget.shrink(this.#grown);
    this.#grown = 0;
  }

  #breakOff(code: ResetCode, why: string): void {
    this.#host.outbox.addText(FRAME.reset, 0, this.id, why, RESET_CODES[code]);
    this.receiveReset(code, why);
  }

  #finish(isClean = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stopSending();
    this.#shrink();
    if (!isClean || !this.#keepsUnread) this.#release();
    this.#host.over(this);
    // Tables that are let go of may be old, and would keep what was whole alive until all of the heap is looked at.
    if (isClean && !this.#keepsUnread) this.receiver = NOBODY;
  }

  /** What was not passed on counts no more. */
  #release(): void {
    const { budget } = this.#host;
    const bytes = this.#unread;
    this.#unread = 0;
    this.#unpin();
    if (this.#backlog !== undefined) budget.holds(this, -this.#backlog.clear());
    if (bytes > 0) budget.consumed(bytes);
  }
}

/** What a head counts for, at the least. */
const LEAST_HEAD_BYTES = 1024;

/** What a head of so many bytes counts for. */
export function headBytesOf(length: number): number {
  return Math.max(length, LEAST_HEAD_BYTES);
}

/** A small piece of a large chunk would keep all of that in memory, for as long as nobody reads it. */
function withoutMuchElse(bytes: Buffer): Buffer {
  if (isMuchOfIts(bytes)) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** At least three quarters of the chunk that it lies in. */
function isMuchOfIts(bytes: Buffer): boolean {
  return bytes.length * 4 >= bytes.buffer.byteLength * 3;
}
