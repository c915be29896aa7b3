import { END, FRAME, MAX_PAYLOAD_BYTES } from './frame.ts';
import { TunnelFault } from './fault.ts';
import { MAX_CREDIT } from './limits.ts';
import type { Outbox } from './outbox.ts';
import { SendQueue } from './send-queue.ts';
import type { StreamReceiver } from './stream-receiver.ts';
import type { Sender, Turns } from './turns.ts';

/** How much one stream sends before the next has its turn. */
const TURN_BYTES = 32_768;

const EMPTY = Buffer.alloc(0);

/** What a stream sends: at once where it may, else when its turn comes. */
export abstract class SendingHalf implements Sender {
  readonly id: number;
  /** Takes what comes. Set before anything can come. */
  receiver: StreamReceiver;
  readonly #outbox: Outbox;
  readonly #turns: Turns;
  /** Made where something has to wait. */
  #queue: SendQueue | undefined;
  #credit: number;
  #stage: 'open' | 'ending' | 'ended' = 'open';
  /** Whether `write` returned false, and the receiver waits to hear. */
  #awaitsRoom = false;

  constructor(id: number, outbox: Outbox, turns: Turns, credit: number, receiver: StreamReceiver) {
    this.id = id;
    this.#outbox = outbox;
    this.#turns = turns;
    this.#credit = credit;
    this.receiver = receiver;
  }

  /** Whether our own side has ended. */
  get isSent(): boolean {
    return this.#stage === 'ended';
  }

  /** Whether what waits to be sent needs credit of the tunnel. */
  get needsCredit(): boolean {
    return this.#queue?.needsCredit === true;
  }

  /**
   * Sends bytes, or keeps them until there is credit.
   *
   * @param isLent whether the bytes may change after the call: then they are copied where they are kept. Else they must not
   * @returns whether more is welcome; where not, the receiver's `onWritable` says when
   */
  write(bytes: Buffer, isLent = false): boolean {
    if (this.#stage !== 'open') return false;
    const { length } = bytes;
    if (this.#mayGoNow(length)) {
      if (length > 0) this.#send(bytes, 0);
    } else if (length > 0) this.#wait(isLent ? Buffer.from(bytes) : bytes);
    return this.#isWelcome();
  }

  /** Sends the last bytes, or says that there are no more. The other direction goes on. */
  end(bytes?: Buffer): void {
    if (this.#stage !== 'open') return;
    const length = bytes?.length ?? 0;
    // An end alone needs no credit, but must not overtake what waits.
    if (length === 0 ? this.#hasNothingWaiting : this.#mayGoNow(length)) {
      this.#send(bytes ?? EMPTY, END);
      this.sentEnd();
      return;
    }
    this.#stage = 'ending';
    if (bytes !== undefined && length > 0) this.#wait(bytes);
  }

  /**
   * Sends a head: of an answer, or the fields after a body. It needs no credit, but goes behind data that waits, and waits itself
   * where the socket takes nothing.
   *
   * @param block one byte a sign, at most 65,535. @throws RangeError for what is not
   */
  head(block: string, isEnd: boolean): void {
    if (this.#stage !== 'open') return;
    requireBlock(block);
    if (this.#hasNothingWaiting && !this.#outbox.isFull) {
      this.#outbox.addText(FRAME.head, isEnd ? END : 0, this.id, block);
      if (isEnd) this.sentEnd();
      return;
    }
    if (isEnd) this.#stage = 'ending';
    this.#wait(block);
  }

  /** For the tunnel: more may be sent. @throws TunnelFault */
  receiveCredit(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > MAX_CREDIT) throw new TunnelFault('flow-control', `too much credit for stream ${this.id}`);
    if (!this.#hasNothingWaiting) this.#turns.await(this);
  }

  /** For the tunnel: its turn has come. @returns whether it could send more */
  takeTurn(): boolean {
    const queue = this.#queue;
    for (let left = TURN_BYTES; left > 0 && queue !== undefined && !queue.isEmpty;) {
      const isData = queue.needsCredit;
      const most = Math.min(left, this.#credit, this.#turns.credit);
      if (isData && most === 0) return this.#credit > 0;
      const sent = queue.sendFirst(most, this.#stage === 'ending');
      left -= sent;
      if (isData) this.#spend(sent);
    }
    if (!this.#hasNothingWaiting) return this.#credit > 0 || !this.needsCredit;
    if (this.#stage === 'ending') this.sentEnd();
    else if (this.#awaitsRoom) {
      if (this.#outbox.isFull) return true;
      this.#awaitsRoom = false;
      this.receiver.onWritable();
    }
    return false;
  }

  /** The end was sent. */
  protected sentEnd(): void {
    this.#stage = 'ended';
  }

  /** Sends nothing more, of what waits neither. */
  protected stopSending(): void {
    this.#stage = 'ended';
    this.#queue = undefined;
    this.#awaitsRoom = false;
  }

  get #hasNothingWaiting(): boolean {
    return this.#queue === undefined || this.#queue.isEmpty;
  }

  #mayGoNow(length: number): boolean {
    const hasCredit = length <= this.#credit && length <= this.#turns.credit && length <= MAX_PAYLOAD_BYTES;
    return hasCredit && !this.#turns.isContended && !this.#outbox.isFull && this.#hasNothingWaiting;
  }

  #send(bytes: Buffer, flags: number): void {
    this.#spend(bytes.length);
    this.#outbox.add(FRAME.data, flags, this.id, bytes);
  }

  #spend(bytes: number): void {
    this.#credit -= bytes;
    this.#turns.credit -= bytes;
  }

  #wait(item: Buffer | string): void {
    this.#queue ??= new SendQueue(this.id, this.#outbox);
    this.#queue.add(item);
    if (this.#credit > 0 || !this.#queue.needsCredit) this.#turns.await(this);
  }

  #isWelcome(): boolean {
    if (this.#hasNothingWaiting) {
      if (!this.#outbox.isFull) return true;
      this.#turns.await(this);
    }
    this.#awaitsRoom = true;
    return false;
  }
}

/** What stands for a sign of more than one byte would be another sign, maybe one that ends a line. */
const WIDE = /[^\x00-\xff]/;

/** @throws RangeError for what fits no head */
export function requireBlock(block: string): void {
  if (block.length >= MAX_PAYLOAD_BYTES) throw new RangeError(`a head of ${block.length} bytes`);
  if (WIDE.test(block)) throw new RangeError('a head with signs of more than one byte');
}
