import { Tunnel, type Channel, type Clock, type OnStream, type TunnelLimits, type TunnelMemory } from '@themis-mesh/channel';
import { Stage, waitFor, rawFrames } from '@themis-mesh/testkit';
import { decodeGoaway, decodeReset } from '../../src/tunnel/control-frames.ts';
import { ACK, END, FRAME } from '../../src/tunnel/frame.ts';
import { FrameReader } from '../../src/tunnel/frame-reader.ts';

const { limits: limitsFrame } = rawFrames;

export interface RawPeerOptions {
  /** Without it the tunnel under test is the dialler, and the peer by hand its accepter. */
  readonly onStream?: OnStream;
  /** Of the tunnel under test. */
  readonly limits?: Partial<TunnelLimits>;
  readonly clock?: Clock;
  /** Of the tunnel under test. Default: that of the process. */
  readonly memory?: TunnelMemory;
  /** Whether the peer reads what it is sent. Default true. */
  readonly reads?: boolean;
  /** Whether the peer says its limits at once. Default true. */
  readonly says?: boolean;
}

/** A peer that writes its frames by hand, and the tunnel that has to cope with it, over a real channel. */
export class RawPeer implements AsyncDisposable {
  readonly tunnel: Tunnel;
  readonly stage: Stage;
  /** What the peer got: `type stream details`, one a frame. */
  readonly got: string[] = [];
  readonly channel: Channel;
  /** The channel of the tunnel under test, whose end says why. */
  readonly tested: Channel;
  /** Bytes of data that the peer got. */
  dataBytes = 0;
  hasEnded = false;

  private constructor(stage: Stage, tunnel: Tunnel, channel: Channel) {
    this.stage = stage;
    this.tunnel = tunnel;
    this.channel = channel;
    this.tested = tunnel.channel;
  }

  static async open({ onStream, limits, clock, memory, reads = true, says = true }: RawPeerOptions = {}): Promise<RawPeer> {
    const withClock = clock === undefined ? {} : { clock };
    const options = { ...withClock, ...(limits === undefined ? {} : { limits }), ...(memory === undefined ? {} : { memory }) };
    let accepted: Channel | undefined;
    let tunnel: Tunnel | undefined;
    const stage = await Stage.open({
      protocols: ['themis/1'],
      ...withClock,
      onChannel: (channel) => {
        accepted = channel;
        if (onStream !== undefined) tunnel = new Tunnel({ channel, onStream, ...options });
      },
    });
    const dialled = await stage.dial({ protocol: 'themis/1' });
    if (onStream === undefined) tunnel = new Tunnel({ channel: dialled, ...options });
    const theirs = await waitFor(() => accepted, 'the channel of the accepter');
    const tested = await waitFor(() => tunnel, 'the tunnel');
    const peer = new RawPeer(stage, tested, onStream === undefined ? theirs : dialled);
    if (reads) peer.#read();
    if (says) peer.send(limitsFrame());
    return peer;
  }

  send(...frames: readonly Uint8Array[]): void {
    this.channel.socket.write(Buffer.concat(frames));
  }

  /** Waits for a frame, told as in {@link got}. */
  async hears(what: string): Promise<void> {
    await waitFor(() => this.got.includes(what), `${what}; there was: ${this.got.slice(-8).join(', ')}`);
  }

  /** Waits until the tunnel is ended for that reason. @returns the detail */
  async isFaulted(code: string): Promise<string> {
    const state = await waitFor(() => this.tested.state.is === 'closed' && this.tested.state, 'the end of the channel');
    if (state.because?.code !== code) throw new Error(`ended with ${String(state.because?.code)}, not ${code}`);
    return state.because.detail;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channel.cut();
    await this.stage[Symbol.asyncDispose]();
  }

  #read(): void {
    const reader = new FrameReader({
      onData: (stream, bytes, flags, isLast) => {
        this.dataBytes += bytes.length;
        if (isLast) this.got.push(`data ${stream}${(flags & END) === 0 ? '' : ' end'}`);
      },
      onFrame: (type, flags, stream, payload) => this.got.push(describe(type, flags, stream, payload)),
      onUnknown: (type) => this.got.push(`unknown ${type}`),
    });
    this.channel.socket.on('data', (chunk: Buffer) => reader.push(chunk));
    this.channel.socket.once('end', () => (this.hasEnded = true));
  }
}

function describe(type: number, flags: number, stream: number, payload: Buffer): string {
  const isEnd = (flags & END) === 0 ? '' : ' end';
  if (type === FRAME.open) return `open ${stream} ${payload[0]} ${payload.toString('latin1', 1)}${isEnd}`;
  if (type === FRAME.head) return `head ${stream} ${payload.toString('latin1')}${isEnd}`;
  if (type === FRAME.window) return `window ${stream} ${payload.readUInt32BE()}`;
  if (type === FRAME.reset) return `reset ${stream} ${decodeReset(payload).code}`;
  if (type === FRAME.ping) return `${(flags & ACK) === 0 ? 'ping' : 'pong'} ${payload.toString('hex')}`;
  if (type === FRAME.goaway) return `goaway ${decodeGoaway(payload).last} ${decodeGoaway(payload).code ?? '?'}`;
  return `limits ${payload.toString('hex')}`;
}
