import type { Channel, ChannelState } from '../channel.ts';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { ACK, END, FRAME, MAX_PAYLOAD_BYTES, MAX_STREAM } from './frame.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { GOAWAY_CODES, RESET_CODES, resetCodeOf, TunnelFault, type GoawayCode } from './fault.ts';
import { decodeLimits, encodeLimits, MAX_CREDIT, TUNNEL_LIMITS, type TunnelLimits } from './limits.ts';
import { Nuisance } from './nuisance.ts';
import { Outbox } from './outbox.ts';
import { TunnelStream, type StreamHost, type StreamReceiver } from './stream.ts';

/** What a stream carries. */
export const STREAM_KINDS = { bytes: 1, http: 2 } as const;
export type StreamKind = keyof typeof STREAM_KINDS;

/** Takes a stream that the dialler began. @returns who takes what comes on it */
export type OnStream = (stream: TunnelStream, kind: StreamKind, block: string, isEnd: boolean) => StreamReceiver;

export interface TunnelOptions {
  readonly channel: Channel;
  /** For the accepter: takes the streams that the dialler begins. Without it this end is the dialler, who takes none. */
  readonly onStream?: OnStream;
  readonly limits?: Partial<TunnelLimits>;
  readonly clock?: Clock;
}

/** `open` begins streams; `draining` ends those that it has; `closed` is over. */
export type TunnelState = 'open' | 'draining' | 'closed';

/** Of the credit of a tunnel: past this part of it, streams that nobody reads are looked for, and no stream's credit grows. */
const CROWDED = 0.75;

/** How long a stream may hold what came on a crowded tunnel and pass nothing of it on. */
const STALLED_MS = 10_000;

/** Less credit than this is a crumb. */
const CRUMB_BYTES = 1024;

/** How long the other end has to read why its tunnel is ended. */
const FAREWELL_MS = 500;

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
  readonly #limits: TunnelLimits;
  readonly #outbox: Outbox;
  readonly #streams = new Map<number, TunnelStream>();
  /** Streams with something to send and credit of their own, in the order of their turns. */
  readonly #ready = new Set<TunnelStream>();
  readonly #nuisance: Nuisance;
  readonly #listeners = new Set<() => void>();
  readonly #pings = new Map<number, () => void>();
  readonly #host: StreamHost;
  #peerLimits: TunnelLimits | undefined;
  #state: TunnelState = 'open';
  /** The last stream begun, by whichever side begins them. */
  #lastStream = 0;
  #lastPing = 0;
  /** What may still come. */
  #window: number;
  #unread = 0;
  #owed = 0;
  /** Credit that streams were given beyond what they began with. */
  #grown = 0;
  #callOffSweep: (() => void) | undefined;

  constructor({ channel, onStream, limits, clock = systemClock }: TunnelOptions) {
    this.channel = channel;
    this.#onStream = onStream;
    this.#clock = clock;
    this.#limits = { ...TUNNEL_LIMITS, ...limits };
    this.#window = this.#limits.tunnelCredit;
    this.#nuisance = new Nuisance(clock);
    const outbox = new Outbox(channel.socket, () => this.#pump());
    this.#outbox = outbox;
    const ready = this.#ready;
    this.#host = {
      outbox,
      sendCredit: 0,
      get isContended() {
        return ready.size > 0;
      },
      await: (stream) => this.#await(stream),
      consumed: (bytes) => this.#consumed(bytes),
      grow: (bytes) => this.#grow(bytes),
      shrink: (bytes) => {
        this.#grown -= bytes;
      },
      over: (stream) => this.#over(stream),
    };
    outbox.add(FRAME.limits, 0, 0, encodeLimits(this.#limits));
    this.#read();
    channel.onState((state) => this.#follow(state));
    if (channel.state.is === 'closed') this.#follow(channel.state);
  }

  get state(): TunnelState {
    return this.#state;
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Whether a stream may be begun now: the other side has said what it takes, and takes more. */
  get hasRoom(): boolean {
    const { streams = 0 } = this.#peerLimits ?? {};
    return this.#state === 'open' && this.#streams.size < streams && this.#lastStream < MAX_STREAM && this.channel.isUsable();
  }

  /** Whether data of all streams waits for credit of the tunnel: a stream more is better off on another one. */
  get isStarved(): boolean {
    return this.#ready.size > 0 && this.#host.sendCredit === 0;
  }

  /** Bytes that came and were not passed on. */
  get unread(): number {
    return this.#unread;
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
   * @throws RangeError where there is no room, and for a longer block
   */
  open(kind: StreamKind, block: string, isEnd: boolean, receiver: StreamReceiver): TunnelStream {
    const peer = this.#peerLimits;
    if (peer === undefined || this.#onStream !== undefined || !this.hasRoom) throw new RangeError('no room for a stream');
    if (block.length + 1 >= MAX_PAYLOAD_BYTES) throw new RangeError(`a head of ${block.length} bytes`);
    this.#lastStream += 1;
    const stream = new TunnelStream(this.#lastStream, this.#host, peer.streamCredit, this.#limits.streamCredit, receiver);
    this.#streams.set(stream.id, stream);
    if (isEnd) stream.sentEndAtOpen();
    this.#outbox.addText(FRAME.open, isEnd ? END : 0, stream.id, block, STREAM_KINDS[kind]);
    return stream;
  }

  /** Asks the other side whether it is there. @returns resolves with its answer; rejects with nothing: it may never come */
  ping(): Promise<void> {
    const payload = Buffer.alloc(8);
    this.#lastPing += 1;
    payload.writeUInt32BE(this.#lastPing, 4);
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#pings.size < 16 && this.#state !== 'closed') {
      this.#pings.set(this.#lastPing, resolve);
      this.#outbox.add(FRAME.ping, 0, 0, payload);
    }
    return promise;
  }

  /** Begins and takes no more streams; ends when those that are open have ended. */
  drain(): void {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    if (this.#onStream !== undefined) this.#sayGoaway('drained', '');
    this.#tell();
    this.#endIfIdle();
  }

  #read(): void {
    const sink: FrameSink = {
      onData: (id, bytes, flags, isLast) => this.#onData(id, bytes, flags, isLast),
      onFrame: (type, flags, id, payload) => this.#onFrame(type, flags, id, payload),
    };
    const reader = new FrameReader(sink);
    this.channel.socket.on('data', (chunk: Buffer) => {
      if (this.#state === 'closed') return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#fail(error);
      }
    });
    this.channel.socket.once('end', () => this.channel.cut());
  }

  #onData(id: number, bytes: Buffer, flags: number, isLast: boolean): void {
    this.#requireLimits();
    const { length } = bytes;
    this.#window -= length;
    this.#unread += length;
    if (this.#window < 0) throw new TunnelFault('flow-control', 'more than the credit of the tunnel');
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      // One that is over here may still have something on the way.
      this.#requireBegun(id);
      this.#consumed(length);
      return;
    }
    const isEnd = isLast && (flags & END) !== 0;
    if (length === 0 && !isEnd) this.#nuisance.note('empty data');
    if (this.#unread > this.#limits.tunnelCredit * CROWDED) this.#sweepLater();
    stream.receive(bytes, isEnd);
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.limits) {
      this.#takeLimits(id, payload);
      return;
    }
    this.#requireLimits();
    switch (type) {
      case FRAME.open:
        this.#takeStream(id, payload, (flags & END) !== 0);
        return;
      case FRAME.head:
        this.#requireBegun(id);
        this.#streams.get(id)?.receiveHead(payload.toString('latin1'), (flags & END) !== 0);
        return;
      case FRAME.window:
        this.#takeCredit(id, payload);
        return;
      case FRAME.reset:
        this.#requireBegun(id);
        requireLength(payload, 1);
        this.#nuisance.note('resets');
        this.#streams.get(id)?.receiveReset(resetCodeOf(payload[0] ?? 0), payload.toString('latin1', 1, 257));
        return;
      case FRAME.ping:
        this.#takePing(flags, id, payload);
        return;
      case FRAME.goaway:
        this.#takeGoaway(id, payload);
        return;
    }
  }

  #takeLimits(id: number, payload: Buffer): void {
    if (id !== 0 || this.#peerLimits !== undefined) throw new TunnelFault('protocol', 'limits out of their place');
    this.#peerLimits = decodeLimits(payload);
    this.#host.sendCredit = this.#peerLimits.tunnelCredit;
    this.#tell();
  }

  #takeStream(id: number, payload: Buffer, isEnd: boolean): void {
    const onStream = this.#onStream;
    if (onStream === undefined || id <= this.#lastStream) throw new TunnelFault('protocol', `stream ${id} out of its order`);
    requireLength(payload, 1);
    this.#lastStream = id;
    const kind = payload[0] === STREAM_KINDS.http ? 'http' : payload[0] === STREAM_KINDS.bytes ? 'bytes' : undefined;
    const isTaken = this.#state === 'open' && this.#streams.size < this.#limits.streams && this.channel.isUsable();
    if (kind === undefined || !isTaken) {
      const code = kind === undefined ? RESET_CODES.malformed : RESET_CODES.refused;
      this.#outbox.addText(FRAME.reset, 0, id, kind === undefined ? 'of an unknown kind' : '', code);
      return;
    }
    const { streamCredit = 0 } = this.#peerLimits ?? {};
    const stream = new TunnelStream(id, this.#host, streamCredit, this.#limits.streamCredit, NOBODY);
    this.#streams.set(id, stream);
    if (isEnd) stream.receiveEndAtOpen();
    stream.receiver = onStream(stream, kind, payload.toString('latin1', 1), isEnd);
  }

  #takeCredit(id: number, payload: Buffer): void {
    requireLength(payload, 4);
    const bytes = payload.readUInt32BE(0);
    if (bytes < CRUMB_BYTES) this.#nuisance.note('crumbs of credit');
    if (id === 0) {
      this.#host.sendCredit += bytes;
      if (this.#host.sendCredit > MAX_CREDIT) throw new TunnelFault('flow-control', 'too much credit for the tunnel');
      this.#pump();
      return;
    }
    this.#requireBegun(id);
    this.#streams.get(id)?.receiveCredit(bytes);
  }

  #takePing(flags: number, id: number, payload: Buffer): void {
    if (id !== 0 || payload.length !== 8) throw new TunnelFault('protocol', 'a ping that is none');
    if ((flags & ACK) === 0) {
      this.#nuisance.note('pings');
      this.#outbox.add(FRAME.ping, ACK, 0, payload);
      return;
    }
    const number = payload.readUInt32BE(4);
    this.#pings.get(number)?.();
    this.#pings.delete(number);
  }

  #takeGoaway(id: number, payload: Buffer): void {
    if (id !== 0 || this.#onStream !== undefined) throw new TunnelFault('protocol', 'goaway out of its place');
    requireLength(payload, 5);
    const last = payload.readUInt32BE(0);
    if (this.#state === 'open') this.#state = 'draining';
    for (const stream of [...this.#streams.values()]) {
      if (stream.id > last) stream.receiveReset('refused', 'the other side takes no more streams');
    }
    this.#tell();
    this.#endIfIdle();
  }

  #requireLimits(): void {
    if (this.#peerLimits === undefined) throw new TunnelFault('protocol', 'a frame before the limits');
  }

  #requireBegun(id: number): void {
    if (id === 0 || id > this.#lastStream) throw new TunnelFault('protocol', `stream ${id} was not begun`);
  }

  #await(stream: TunnelStream): void {
    this.#ready.add(stream);
    // What is called from inside a turn has its own later.
    if (!this.#isPumping) this.#pump();
  }

  #isPumping = false;

  /** Lets those that wait send, each for its turn, as far as there is room and credit. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (const stream of this.#ready) {
      if (this.#outbox.isFull || this.#host.sendCredit === 0) break;
      // A stream that can send more is taken out and comes again behind the others: the walk meets it once more.
      this.#ready.delete(stream);
      if (!stream.isOver && stream.sendSome()) this.#ready.add(stream);
    }
    this.#isPumping = false;
  }

  #consumed(bytes: number): void {
    this.#unread -= bytes;
    this.#owed += bytes;
    if (this.#owed * 2 < this.#limits.tunnelCredit || this.#state === 'closed') return;
    this.#outbox.addNumber(FRAME.window, 0, this.#owed);
    this.#window += this.#owed;
    this.#owed = 0;
  }

  /** Half of the tunnel's credit may be given beyond what streams begin with, as long as readers keep up. */
  #grow(bytes: number): number {
    const { tunnelCredit } = this.#limits;
    if (this.#unread * 2 > tunnelCredit || (this.#grown + bytes) * 2 > tunnelCredit) return 0;
    this.#grown += bytes;
    return bytes;
  }

  /** On a crowded tunnel the streams that nobody reads make way for the others, after a while. */
  #sweepLater(): void {
    if (this.#callOffSweep !== undefined) return;
    const before = new Map<TunnelStream, number>();
    for (const stream of this.#streams.values()) if (stream.unread > 0) before.set(stream, stream.consumedEver);
    this.#callOffSweep = this.#clock.after(STALLED_MS, () => {
      this.#callOffSweep = undefined;
      const stalled = [...before.keys()].filter((stream) => !stream.isOver && stream.consumedEver === before.get(stream));
      stalled.sort((one, other) => other.unread - one.unread);
      for (const stream of stalled) {
        if (this.#unread * 2 < this.#limits.tunnelCredit) break;
        this.#outbox.addText(FRAME.reset, 0, stream.id, '', RESET_CODES.stalled);
        stream.receiveReset('stalled', 'nobody read it');
      }
    });
  }

  #over(stream: TunnelStream): void {
    this.#streams.delete(stream.id);
    this.#ready.delete(stream);
    if (this.#state === 'draining') this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (this.#state !== 'draining' || this.#streams.size > 0) return;
    this.#outbox.end();
  }

  #sayGoaway(code: GoawayCode, detail: string): void {
    const text = Buffer.from(detail.slice(0, 256), 'latin1');
    const payload = Buffer.alloc(5 + text.length);
    payload.writeUInt32BE(this.#lastStream, 0);
    payload[4] = GOAWAY_CODES[code];
    text.copy(payload, 5);
    this.#outbox.add(FRAME.goaway, 0, 0, payload);
  }

  /** The peer broke the rules, or a receiver did: either way nothing on this tunnel can be trusted to be where it should. */
  #fail(error: unknown): void {
    const isFault = error instanceof TunnelFault;
    if (isFault && this.#onStream !== undefined) this.#sayGoaway(error.code, error.message);
    this.#outbox.end();
    const { channel } = this;
    const code = isFault && error.code === 'nuisance' ? 'tunnel-nuisance' : 'tunnel-malformed';
    this.#end(error instanceof Error ? error.message : 'a defect');
    const callOff = this.#clock.after(FAREWELL_MS, () => channel.cut({ code, detail: String(error) }));
    channel.socket.once('close', callOff);
    if (!isFault) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #follow(state: ChannelState): void {
    if (state.is === 'draining') this.drain();
    if (state.is !== 'closed') return;
    this.#outbox.close();
    this.#end(state.because === undefined ? 'the connection ended' : `${state.because.code} (${state.because.detail})`);
  }

  #end(why: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#callOffSweep?.();
    for (const stream of [...this.#streams.values()]) stream.receiveReset('lost', why);
    this.#pings.clear();
    this.#tell();
    this.#listeners.clear();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** @throws TunnelFault */
function requireLength(payload: Buffer, least: number): void {
  if (payload.length < least) throw new TunnelFault('protocol', `a frame of ${payload.length} bytes`);
}

const NOBODY: StreamReceiver = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
};
