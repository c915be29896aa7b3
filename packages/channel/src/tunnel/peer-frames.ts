import { decodeCredit, decodeGoaway, decodeReset, requireLength, type Goaway } from './control-frames.ts';
import { ACK, END, FRAME } from './frame.ts';
import type { FrameSink } from './frame-reader.ts';
import { TunnelFault } from './fault.ts';
import { decodeLimits, type TunnelLimits } from './limits.ts';
import type { Nuisance } from './nuisance.ts';
import type { Pings } from './pings.ts';
import type { ReceiveBudget } from './receive-budget.ts';
import type { StreamTable } from './stream-table.ts';
import type { Turns } from './turns.ts';

/** Less credit than this is a crumb. */
const CRUMB_BYTES = 1024;

const PING_BYTES = 8;

/** What the frames of the other side may change. */
export interface TunnelSide {
  readonly isDialler: boolean;
  readonly nuisance: Nuisance;
  readonly budget: ReceiveBudget;
  readonly streams: StreamTable;
  readonly turns: Turns;
  readonly pings: Pings;
  readonly takeLimits: (limits: TunnelLimits) => void;
  /** The next stream. @param payload its kind, and what the kind says */
  readonly takeStream: (id: number, payload: Buffer, isEnd: boolean) => void;
  readonly takeGoaway: (goaway: Goaway) => void;
}

/**
 * Holds what the other side sends against the rules: which frames it may send, when, and on which streams. What passes goes to
 * the stream or the tunnel that it is for. A frame for a stream that is over has no meaning any more, because its sender may not
 * have known; one for a stream that was never begun is a fault.
 */
export class PeerFrames implements FrameSink {
  readonly #side: TunnelSide;
  #hasLimits = false;

  constructor(side: TunnelSide) {
    this.#side = side;
  }

  onData(id: number, bytes: Buffer, flags: number, isLast: boolean): void {
    this.#requireLimits();
    const { budget, nuisance, streams } = this.#side;
    const { length } = bytes;
    const isEnd = isLast && (flags & END) !== 0;
    if (length === 0 && !isEnd) nuisance.note('empty data');
    budget.take(length);
    const stream = streams.open.get(id);
    if (stream === undefined) {
      this.#requireBegun(id);
      budget.consumed(length);
    } else stream.receive(bytes, isEnd);
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.limits) {
      this.#takeLimits(id, payload);
      return;
    }
    this.#requireLimits();
    switch (type) {
      case FRAME.open:
        this.#takeOpen(flags, id, payload);
        return;
      case FRAME.head:
        this.#requireBegun(id);
        this.#side.streams.open.get(id)?.receiveHead(payload.toString('latin1'), (flags & END) !== 0);
        return;
      case FRAME.window:
        this.#takeCredit(id, payload);
        return;
      case FRAME.reset:
        this.#takeReset(id, payload);
        return;
      case FRAME.ping:
        this.#takePing(flags, id, payload);
        return;
      case FRAME.goaway:
        if (id !== 0 || !this.#side.isDialler) throw new TunnelFault('protocol', 'goaway out of its place');
        this.#side.takeGoaway(decodeGoaway(payload));
        return;
    }
  }

  onUnknown(type: number): void {
    this.#requireLimits();
    this.#side.nuisance.note(`frames of type ${type}`);
  }

  #takeLimits(id: number, payload: Buffer): void {
    if (id !== 0 || this.#hasLimits) throw new TunnelFault('protocol', 'limits out of their place');
    this.#hasLimits = true;
    this.#side.takeLimits(decodeLimits(payload));
  }

  #takeOpen(flags: number, id: number, payload: Buffer): void {
    const { isDialler, streams } = this.#side;
    if (isDialler || id !== streams.last + 1) throw new TunnelFault('protocol', `stream ${id} out of its order`);
    requireLength(payload, 1);
    this.#side.takeStream(id, payload, (flags & END) !== 0);
  }

  #takeCredit(id: number, payload: Buffer): void {
    const bytes = decodeCredit(payload);
    if (bytes < CRUMB_BYTES) this.#side.nuisance.note('crumbs of credit');
    if (id === 0) {
      this.#side.turns.addCredit(bytes);
      return;
    }
    this.#requireBegun(id);
    this.#side.streams.open.get(id)?.receiveCredit(bytes);
  }

  #takeReset(id: number, payload: Buffer): void {
    this.#requireBegun(id);
    const { code, detail } = decodeReset(payload);
    const { isDialler, nuisance, streams } = this.#side;
    const stream = streams.open.get(id);
    // Whoever begins a stream pays for it more than for its reset; the dialler did, and is told of each once.
    if (!isDialler || stream === undefined) nuisance.note('resets');
    stream?.receiveReset(code, detail);
  }

  #takePing(flags: number, id: number, payload: Buffer): void {
    if (id !== 0 || payload.length !== PING_BYTES) throw new TunnelFault('protocol', 'a ping that is none');
    if ((flags & ACK) === 0) {
      this.#side.nuisance.note('pings');
      this.#side.pings.answer(payload);
    } else if (!this.#side.pings.answered(payload)) this.#side.nuisance.note('answers to no ping');
  }

  #requireLimits(): void {
    if (!this.#hasLimits) throw new TunnelFault('protocol', 'a frame before the limits');
  }

  #requireBegun(id: number): void {
    if (id === 0 || id > this.#side.streams.last) throw new TunnelFault('protocol', `stream ${id} was not begun`);
  }
}
