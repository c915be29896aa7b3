import type { Clock } from '../clock.ts';
import { TUNNEL_BOUNDS } from './bounds.ts';
import { TunnelFault } from './fault.ts';
import { grantFrom } from './limits.ts';
import type { Tenant, TunnelMemory } from './tunnel-memory.ts';

/** Of the credit of a tunnel: past this part of it, streams that nobody reads are looked for. */
const CROWDED = 0.75;

/** What a piece costs beside its bytes: an object of its own, and its place in somebody's list. */
const PIECE_BYTES = 256;

/** What pieces may cost beside their bytes: half of the credit, but never less than this. */
const LEAST_FOR_PIECES = 1_048_576;

/** What is held less than this changes is not told to those who share memory. */
const TOLD_BYTES = 16_384;

/** Who holds what came and was not passed on. */
export interface Holder {
  readonly unread: number;
  /** What its heads count for. */
  readonly headBytes: number;
  /** In how many pieces, at the most. */
  readonly pieces: number;
  /** Grows as bytes are passed on: who reads nothing is known by it. */
  readonly consumedEver: number;
  /** It has to make way for others. Afterwards it holds nothing. */
  stall(why: string): void;
}

export interface ReceiveBudgetOptions {
  /** What may come before any of it is passed on. */
  readonly credit: number;
  readonly clock: Clock;
  /** Tells the other side that more may come. */
  readonly grant: (bytes: number) => void;
  /** Runs what was put off, and takes what it throws. */
  readonly guard: (run: () => void) => void;
  /** Shared with other tunnels; undefined for one that we began. */
  readonly memory: TunnelMemory | undefined;
  /** Those that are open: they hold heads, even where they hold nothing else. */
  readonly streams: () => Iterable<Holder>;
}

/** What the other side may send on all streams of a tunnel together, and what of it was not passed on. */
export class ReceiveBudget implements Tenant {
  readonly #options: ReceiveBudgetOptions;
  readonly #holders = new Set<Holder>();
  readonly #mostPieces: number;
  /** What may still come. */
  #window: number;
  #unread = 0;
  #pieces = 0;
  /** Passed on, and not given back as credit yet. */
  #owed = 0;
  /** Credit that streams were given beyond what they began with. */
  #grown = 0;
  #heads = 0;
  /** Chunks that are kept for a piece of them. */
  #pinned = 0;
  /** What the others were told. */
  #told = 0;
  #usefulAt = 0;
  #callOffSweep: (() => void) | undefined;
  #isClosed = false;

  constructor(options: ReceiveBudgetOptions) {
    this.#options = options;
    this.#window = options.credit;
    this.#mostPieces = Math.max(options.credit / 2, LEAST_FOR_PIECES) / PIECE_BYTES;
  }

  /** Bytes that came and were not passed on. */
  get unread(): number {
    return this.#unread;
  }

  /** For the memory that is shared: what it was told. */
  get held(): number {
    return this.#told;
  }

  get usefulAt(): number {
    return this.#usefulAt;
  }

  /** Whether no more chunks are to be kept for a small piece of them. */
  get isPinned(): boolean {
    return this.#pinned > TUNNEL_BOUNDS.pinned;
  }

  /** A chunk is kept for a piece of it, or is not any more. */
  pin(bytes: number): void {
    this.#pinned += bytes;
  }

  /** A head came. @returns whether there is room for it */
  takeHead(bytes: number): boolean {
    if (this.#heads + bytes > TUNNEL_BOUNDS.heads) return false;
    this.#heads += bytes;
    this.#tellOthers();
    return true;
  }

  /** The stream is over that heads were of. */
  dropHeads(bytes: number): void {
    this.#heads -= bytes;
    this.#tellOthers();
  }

  shrinkTo(bytes: number): void {
    this.#options.guard(() => {
      const all = new Set<Holder>([...this.#holders, ...this.#options.streams()]);
      const largest = [...all].sort((one, other) => weightOf(other) - weightOf(one));
      for (const holder of largest) {
        if (this.#holding <= bytes) break;
        holder.stall('memory is needed for others');
      }
    });
    this.#tellOthers();
  }

  /** Bytes came. @throws TunnelFault */
  take(bytes: number): void {
    this.#window -= bytes;
    this.#unread += bytes;
    if (this.#window < 0) throw new TunnelFault('flow-control', 'more than the credit of the tunnel');
  }

  /** Bytes were passed on, or thrown away. */
  consumed(bytes: number): void {
    this.#unread -= bytes;
    this.#owed += bytes;
    if (this.#told > 0) this.#usefulAt = this.#options.memory?.tick() ?? 0;
    this.#grantWhatIsDue();
  }

  /** Half of the credit may be given beyond what streams begin with, as long as readers keep up. @returns how much is */
  grow(bytes: number): number {
    const { credit } = this.#options;
    if (this.#unread * 2 > credit || (this.#grown + bytes) * 2 > credit) return 0;
    this.#grown += bytes;
    return bytes;
  }

  shrink(bytes: number): void {
    this.#grown -= bytes;
  }

  /** Somebody holds more, or less, than before. @param pieces how many pieces more, or less */
  holds(holder: Holder, pieces: number): void {
    this.#pieces += pieces;
    if (holder.unread === 0) {
      this.#holders.delete(holder);
      this.#tellOthers();
      return;
    }
    this.#holders.add(holder);
    if (pieces <= 0) return;
    this.#tellOthers();
    // The less there is on the way, the sooner it has to go round.
    this.#grantWhatIsDue();
    if (this.#pieces > this.#mostPieces) this.#makeRoom();
    if (this.#isFuller(CROWDED)) this.#sweepLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#callOffSweep?.();
  }

  get #holding(): number {
    return this.#unread + this.#pieces * PIECE_BYTES + this.#heads + this.#pinned;
  }

  #tellOthers(): void {
    const { memory } = this.#options;
    if (memory === undefined) return;
    const holding = this.#holding;
    const more = holding - this.#told;
    if (more < TOLD_BYTES && more > -TOLD_BYTES && (holding > 0 || this.#told === 0)) return;
    this.#told = holding;
    memory.change(this, more);
  }

  #grantWhatIsDue(): void {
    if (this.#owed < grantFrom(this.#options.credit, this.#unread)) return;
    this.#window += this.#owed;
    this.#options.grant(this.#owed);
    this.#owed = 0;
  }

  #isFuller(part: number): boolean {
    return this.#unread > this.#options.credit * part || this.#pieces > this.#mostPieces * part;
  }

  /** Bytes never exceed the credit; very many small pieces could cost a multiple of it. */
  #makeRoom(): void {
    while (this.#pieces > this.#mostPieces) {
      let worst: Holder | undefined;
      for (const holder of this.#holders) if (worst === undefined || holder.pieces > worst.pieces) worst = holder;
      if (worst === undefined) return;
      worst.stall('nobody read it, and it came in too many pieces');
    }
  }

  /** On a crowded tunnel the streams that nobody reads make way for the others, after a while. */
  #sweepLater(): void {
    if (this.#callOffSweep !== undefined || this.#isClosed) return;
    const { clock, guard } = this.#options;
    const before = new Map<Holder, number>();
    for (const holder of this.#holders) before.set(holder, holder.consumedEver);
    this.#callOffSweep = clock.after(TUNNEL_BOUNDS.stalledMs, () => {
      this.#callOffSweep = undefined;
      guard(() => this.#sweep(before));
      // Who is not stalled yet may be by then; nothing else would look again, because nothing more can come.
      if (this.#isFuller(CROWDED)) this.#sweepLater();
    });
  }

  #sweep(before: ReadonlyMap<Holder, number>): void {
    const stalled = [...this.#holders].filter((holder) => {
      const consumedEver = before.get(holder);
      return consumedEver !== undefined && (holder.consumedEver - consumedEver) * 16 < holder.unread;
    });
    stalled.sort((one, other) => other.unread - one.unread);
    for (const holder of stalled) {
      if (!this.#isFuller(0.5)) break;
      holder.stall('nobody read it');
    }
  }
}

function weightOf({ unread, pieces, headBytes }: Holder): number {
  return unread + pieces * PIECE_BYTES + headBytes;
}
