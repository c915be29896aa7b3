import type { Refusal } from '@themis-mesh/core';
import type { Channel, ChannelState } from '../channel.ts';
import { systemClock, type Clock } from '../clock.ts';
import { TUNNEL_BOUNDS } from './bounds.ts';
import { encodeGoaway, type Goaway } from './control-frames.ts';
import { callSafely, throwLater } from './defect.ts';
import { FRAME, MAX_STREAM } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { TunnelFault, type GoawayCode } from './fault.ts';
import { LastCall } from './last-call.ts';
import { encodeLimits, TUNNEL_LIMITS, type TunnelLimits } from './limits.ts';
import { Nuisance } from './nuisance.ts';
import { Outbox } from './outbox.ts';
import { PeerFrames } from './peer-frames.ts';
import { Pings } from './pings.ts';
import { ReceiveBudget } from './receive-budget.ts';
import type { OnStream, StreamKind } from './stream-kinds.ts';
import type { StreamReceiver } from './stream-receiver.ts';
import { StreamTable } from './stream-table.ts';
import type { TunnelStream } from './stream.ts';
import { INBOUND_MEMORY, type TunnelMemory } from './tunnel-memory.ts';
import { Turns } from './turns.ts';

export interface TunnelOptions {
  readonly channel: Channel;
  /** For the accepter: takes the streams that the dialler begins. Without it this end is the dialler, who takes none. */
  readonly onStream?: OnStream;
  readonly limits?: Partial<TunnelLimits>;
  readonly clock?: Clock;
  /** For the accepter: what it holds for the other side counts there. Default: what all accepters of this process share. */
  readonly memory?: TunnelMemory;
}

/** `open` begins streams; `draining` ends those that it has; `closed` is over. */
export type TunnelState = 'open' | 'draining' | 'closed';

/** How long the other end has to read why its tunnel is ended. */
const FAREWELL_MS = 500;

/** How long the other end has to close, when all is said. */
const CLOSING_MS = 5000;

/**
 * Many streams over one channel (`themis/1`, docs/reference/tunnel.md). The dialler begins streams, and both ends send on them.
 *
 *     open ── drain(), goaway from the other side ──▶ draining
 *     open, draining ── channel closed, fault of the peer ──▶ closed
 *     draining ── last stream over ──▶ closed
 */
export class Tunnel {
  readonly channel: Channel;
  readonly #onStream: OnStream | undefined;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #turns: Turns;
  readonly #budget: ReceiveBudget;
  readonly #streams: StreamTable;
  readonly #pings: Pings;
  readonly #reader: FrameReader;
  readonly #callOffLimits: () => void;
  readonly #listeners = new Set<() => void>();
  #peerLimits: TunnelLimits | undefined;
  #state: TunnelState = 'open';
  /** While it drains and takes what was begun before the other side knew. */
  #lastCall: LastCall | undefined;
  /** Why the other side said that it ends the tunnel. */
  #farewell: string | undefined;
  /** What the other side did wrong. */
  #fault: Refusal | undefined;

  /** @throws RangeError for limits that the other side would not take */
  constructor({ channel, onStream, limits: wishes, clock = systemClock, memory = INBOUND_MEMORY }: TunnelOptions) {
    const limits = { ...TUNNEL_LIMITS, ...wishes };
    const outbox = new Outbox(channel.socket, clock, {
      get streams(): number {
        return streams.open.size;
      },
      onRoom: () => this.#turns.pass(),
      onStuck: () => channel.cut({ code: 'tunnel-stuck', detail: 'nothing was read of what was sent' }),
      onEnded: () => this.#cutAfter(CLOSING_MS),
    });
    const turns = new Turns(outbox, (error) => this.#fail(error));
    const budget = new ReceiveBudget({
      credit: limits.tunnelCredit,
      clock,
      grant: (bytes) => outbox.addNumber(FRAME.window, 0, bytes),
      guard: (run) => this.#guard(run),
      memory: onStream === undefined ? undefined : memory,
      streams: () => this.#streams.open.values(),
    });
    const streams = new StreamTable({ outbox, turns, budget, limits, onOver: () => this.#endIfIdle() });
    const pings = new Pings(outbox);
    this.channel = channel;
    this.#onStream = onStream;
    this.#clock = clock;
    this.#outbox = outbox;
    this.#turns = turns;
    this.#budget = budget;
    this.#streams = streams;
    this.#pings = pings;
    const frames = new PeerFrames({
      isDialler: onStream === undefined,
      nuisance: new Nuisance(clock),
      budget,
      streams,
      turns,
      pings,
      takeLimits: (peerLimits) => this.#takeLimits(peerLimits),
      takeStream: (id, payload, isEnd) => this.#takeStream(id, payload, isEnd),
      takeGoaway: (goaway) => this.#takeGoaway(goaway),
    });
    this.#reader = new FrameReader(frames);
    outbox.add(FRAME.limits, 0, 0, encodeLimits(limits));
    this.#callOffLimits = clock.after(TUNNEL_BOUNDS.limitsMs, () => this.#fail(new TunnelFault('protocol', 'no limits in time')));
    this.#read();
    channel.onState((state) => this.#follow(state));
    this.#follow(channel.state);
  }

  get state(): TunnelState {
    return this.#state;
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.open.size;
  }

  /** How many streams were ever begun. */
  get begun(): number {
    return this.#streams.last;
  }

  /** Whether a stream may be begun now: the other side has said what it takes, takes more, and reads what it is sent. */
  get hasRoom(): boolean {
    const { streams = 0 } = this.#peerLimits ?? {};
    const isOpen = this.#state === 'open' && this.size < streams && this.begun < MAX_STREAM;
    return isOpen && !this.#outbox.isCrowded && this.channel.isUsable();
  }

  /** Whether data of all streams waits for credit of the tunnel: a stream more is better off on another one. */
  get isStarved(): boolean {
    return this.#turns.isStarved;
  }

  /** Bytes that came and were not passed on. */
  get unread(): number {
    return this.#budget.unread;
  }

  /** Hears of every change of the state, and when the other side has said what it takes. @returns a function that ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Begins a stream. Only the dialler does, and only where the tunnel {@link hasRoom}.
   *
   * @param block what its kind says of it, one byte a sign, at most 65,534. @param isEnd no data follows
   * @throws RangeError where there is no room, and for another block
   */
  open(kind: StreamKind, block: string, isEnd: boolean, receiver: StreamReceiver): TunnelStream {
    const peer = this.#peerLimits;
    if (peer === undefined || this.#onStream !== undefined || !this.hasRoom) throw new RangeError('no room for a stream');
    return this.#streams.begin(peer, kind, block, isEnd, receiver);
  }

  /** Asks the other side whether it is there. @returns resolves with its answer, which may never come; at most 16 wait for one */
  ping(): Promise<void> {
    return this.#pings.send();
  }

  /**
   * Begins no more streams, and takes no more than were begun before the other side can know; ends when those that are open
   * have ended.
   */
  drain(): void {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    if (this.#onStream !== undefined) {
      this.#sayGoaway(MAX_STREAM, 'drained', '');
      this.#lastCall = new LastCall(this.#clock, this.#pings, () => this.#takeNoMore());
    }
    this.#tell();
    this.#endIfIdle();
  }

  #takeNoMore(): void {
    this.#lastCall = undefined;
    this.#sayGoaway(this.begun, 'drained', '');
    this.#endIfIdle();
  }

  #read(): void {
    const { socket } = this.channel;
    const take = (chunk: Buffer): void => {
      this.#reader.push(chunk);
      if (this.#outbox.isOverrun) throw new TunnelFault('nuisance', 'asks for more than it reads');
    };
    socket.on('data', (chunk: Buffer) => this.#guard(() => take(chunk)));
    socket.once('end', () => this.channel.cut(this.#fault));
  }

  #takeLimits(limits: TunnelLimits): void {
    this.#callOffLimits();
    this.#peerLimits = limits;
    this.#turns.credit = limits.tunnelCredit;
    this.#tell();
  }

  #takeStream(id: number, payload: Buffer, isEnd: boolean): void {
    const isTaken = (this.#state === 'open' || this.#lastCall !== undefined) && this.channel.isUsable();
    // The limits came before: nothing else is taken first.
    const peer = this.#peerLimits ?? TUNNEL_LIMITS;
    this.#streams.take(peer, id, payload, isEnd, isTaken ? this.#onStream : undefined);
  }

  #takeGoaway({ last, code, detail }: Goaway): void {
    if (code !== 'drained') this.#farewell = `the other side ended it: ${code ?? 'a later code'} (${detail})`;
    if (this.#state === 'open') this.#state = 'draining';
    this.#streams.refuseBeyond(last);
    this.#tell();
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#state === 'draining' && this.#lastCall === undefined && this.size === 0) this.#outbox.end();
  }

  #sayGoaway(last: number, code: GoawayCode, detail: string): void {
    this.#outbox.add(FRAME.goaway, 0, 0, encodeGoaway(last, code, detail));
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The peer broke the rules, or a receiver did: either way nothing on this tunnel can be trusted to be where it should. */
  #fail(error: unknown): void {
    const fault = error instanceof TunnelFault ? error : undefined;
    if (fault === undefined) throwLater(error);
    if (this.#state === 'closed') return;
    if (fault !== undefined) {
      const { code, message: detail } = fault;
      this.#fault = { code: code === 'nuisance' ? 'tunnel-nuisance' : 'tunnel-malformed', detail };
      if (this.#onStream !== undefined) this.#sayGoaway(this.begun, code, detail);
    }
    this.#outbox.end();
    this.#end(fault === undefined ? 'a defect' : `fault of the other side: ${fault.message}`);
    this.#cutAfter(FAREWELL_MS);
  }

  /** The other side may read to the end, and close. */
  #cutAfter(milliseconds: number): void {
    const { channel } = this;
    const cut = (): void => channel.cut(this.#fault);
    const callOff = this.#clock.after(milliseconds, cut);
    // Before the channel's own listener, which knows of no fault.
    channel.socket.prependOnceListener('close', () => {
      callOff();
      cut();
    });
  }

  #follow(state: ChannelState): void {
    if (state.is === 'draining') this.drain();
    if (state.is !== 'closed') return;
    this.#outbox.close();
    const { because } = state;
    this.#end(because === undefined ? (this.#farewell ?? 'the connection ended') : `${because.code} (${because.detail})`);
  }

  #end(why: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#reader.stop();
    this.#callOffLimits();
    this.#lastCall?.callOff();
    this.#lastCall = undefined;
    this.#budget.close();
    for (const stream of [...this.#streams.open.values()]) callSafely(() => stream.receiveReset('lost', why));
    this.#tell();
    this.#listeners.clear();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) callSafely(listener);
  }
}
