import type { ResetCode } from './fault.ts';

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
  /** The stream is over, before its end: what is held of it is to be let go of. Called at most once, and nothing after it. */
  onReset(code: StreamEnd, detail: string): void;
  /** There is room again, after `write` returned false. Never called from inside `write`. */
  onWritable(): void;
}

/** Takes what comes where nobody does. */
export const NOBODY: StreamReceiver = {
  onHead: () => undefined,
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onWritable: () => undefined,
};
