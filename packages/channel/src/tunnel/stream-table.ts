import { END, FRAME, MAX_PAYLOAD_BYTES } from './frame.ts';
import { RESET_CODES } from './fault.ts';
import type { TunnelLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { ReceiveBudget } from './receive-budget.ts';
import { requireBlock } from './sending-half.ts';
import { STREAM_KINDS, streamKindOf, type OnStream, type StreamKind } from './stream-kinds.ts';
import { NOBODY, type StreamReceiver } from './stream-receiver.ts';
import { headBytesOf, TunnelStream, type StreamHost } from './stream.ts';
import type { Turns } from './turns.ts';

export interface StreamTableOptions {
  readonly outbox: Outbox;
  readonly turns: Turns;
  readonly budget: ReceiveBudget;
  /** What this end takes. */
  readonly limits: TunnelLimits;
  readonly onOver: () => void;
}

/** The streams of a tunnel, from their beginning to their end. */
export class StreamTable implements StreamHost {
  readonly outbox: Outbox;
  readonly turns: Turns;
  readonly budget: ReceiveBudget;
  /** Those that are open, by their number. */
  readonly open: Map<number, TunnelStream> = new Map<number, TunnelStream>();
  /** The last stream begun, by whichever side begins them. */
  last = 0;
  readonly #limits: TunnelLimits;
  readonly #onOver: () => void;

  constructor({ outbox, turns, budget, limits, onOver }: StreamTableOptions) {
    this.outbox = outbox;
    this.turns = turns;
    this.budget = budget;
    this.#limits = limits;
    this.#onOver = onOver;
  }

  /** @param peer what the other side takes. @throws RangeError for a block that fits no frame */
  begin(peer: TunnelLimits, kind: StreamKind, block: string, isEnd: boolean, receiver: StreamReceiver): TunnelStream {
    // The kind stands before it.
    if (block.length + 1 >= MAX_PAYLOAD_BYTES) throw new RangeError(`a head of ${block.length} bytes`);
    requireBlock(block);
    this.last += 1;
    const stream = new TunnelStream(this.last, this, peer.streamCredit, this.#limits.streamCredit, receiver);
    this.open.set(stream.id, stream);
    if (isEnd) stream.sentEndAtOpen();
    this.outbox.addText(FRAME.open, isEnd ? END : 0, stream.id, block, STREAM_KINDS[kind]);
    return stream;
  }

  /** The other side began one. @param payload its kind, and what the kind says. @param onStream undefined where none is taken */
  take(peer: TunnelLimits, id: number, payload: Buffer, isEnd: boolean, onStream: OnStream | undefined): void {
    this.last = id;
    const kind = streamKindOf(payload[0]);
    if (kind === undefined) this.#turnAway(id, RESET_CODES.malformed, 'of an unknown kind');
    else if (onStream === undefined || this.open.size >= this.#limits.streams) this.#turnAway(id, RESET_CODES.refused, '');
    else if (!this.budget.takeHead(headBytesOf(payload.length))) this.#turnAway(id, RESET_CODES.refused, 'too much in heads');
    else {
      const stream = new TunnelStream(id, this, peer.streamCredit, this.#limits.streamCredit, NOBODY);
      stream.headBytes = headBytesOf(payload.length);
      this.open.set(id, stream);
      if (isEnd) stream.receiveEndAtOpen();
      stream.receiver = onStream(stream, kind, payload.toString('latin1', 1), isEnd);
    }
  }

  /** For a stream that is over. */
  over(stream: TunnelStream): void {
    this.open.delete(stream.id);
    if (stream.headBytes > 0) this.budget.dropHeads(stream.headBytes);
    this.turns.remove(stream);
    this.#onOver();
  }

  /** The other side serves none beyond that one. */
  refuseBeyond(last: number): void {
    for (const stream of [...this.open.values()]) {
      if (stream.id > last) stream.receiveReset('refused', 'the other side takes no more streams');
    }
  }

  #turnAway(id: number, code: number, detail: string): void {
    this.outbox.addText(FRAME.reset, 0, id, detail, code);
  }
}
