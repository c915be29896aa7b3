import { Tunnel, type Channel, type Clock, type StreamKind, type TunnelLimits, type TunnelStream } from '@themis-mesh/channel';
import { Stage, waitFor } from '@themis-mesh/testkit';
import { Recorder } from './recorder.ts';

export interface Taken {
  readonly stream: TunnelStream;
  readonly kind: StreamKind;
  readonly block: string;
  readonly isEnd: boolean;
  readonly recorder: Recorder;
}

export interface TunnelPairOptions {
  /** Of the accepter. */
  readonly limits?: Partial<TunnelLimits>;
  /** Of the dialler. */
  readonly diallerLimits?: Partial<TunnelLimits>;
  readonly clock?: Clock;
  /** What the accepter does with a stream, besides writing down what comes on it. */
  readonly onTaken?: (taken: Taken) => void;
  /** Who takes what comes on a stream at the accepter. */
  readonly recorder?: () => Recorder;
}

/** Two tunnels over one real channel. */
export class TunnelPair implements AsyncDisposable {
  readonly stage: Stage;
  readonly dialler: Tunnel;
  readonly accepter: Tunnel;
  /** The streams that the accepter took, in order. */
  readonly taken: readonly Taken[];

  private constructor(stage: Stage, dialler: Tunnel, accepter: Tunnel, taken: readonly Taken[]) {
    this.stage = stage;
    this.dialler = dialler;
    this.accepter = accepter;
    this.taken = taken;
  }

  static async open({ limits, diallerLimits, clock, onTaken, recorder }: TunnelPairOptions = {}): Promise<TunnelPair> {
    const taken: Taken[] = [];
    let accepter: Tunnel | undefined;
    const withClock = clock === undefined ? {} : { clock };
    const serve = (channel: Channel): void => {
      accepter = new Tunnel({
        channel,
        ...withClock,
        ...(limits === undefined ? {} : { limits }),
        onStream: (stream, kind, block, isEnd) => {
          const one = { stream, kind, block, isEnd, recorder: (recorder?.() ?? new Recorder()).on(stream) };
          taken.push(one);
          onTaken?.(one);
          return one.recorder;
        },
      });
    };
    const stage = await Stage.open({ protocols: ['themis/1'], ...withClock, onChannel: serve });
    const channel = await stage.dial({ protocol: 'themis/1' });
    const dialler = new Tunnel({ channel, ...withClock, ...(diallerLimits === undefined ? {} : { limits: diallerLimits }) });
    await waitFor(() => dialler.hasRoom, 'room for a stream');
    return new TunnelPair(stage, dialler, await waitFor(() => accepter, 'the tunnel of the accepter'), taken);
  }

  /** Begins a stream, with somebody who writes down what comes on it. */
  begin(block = 'target', isEnd = false, recorder: Recorder = new Recorder()): Recorder {
    return recorder.on(this.dialler.open('bytes', block, isEnd, recorder));
  }

  /** The stream that the accepter took as its n-th, once it did. */
  take(index = 0): Promise<Taken> {
    return waitFor(() => this.taken[index], `stream ${index + 1}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dialler.channel.cut();
    await this.stage[Symbol.asyncDispose]();
  }
}
