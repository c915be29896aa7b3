import type { ResetCode } from './fault.ts';

/**
 * A stream of bytes as whoever writes and reads it has it, whatever carries it. A `TunnelStream` is one.
 *
 * What comes on it is told to a `StreamReceiver`.
 */
export interface ByteStream {
  /**
   * @param isLent whether the bytes may change after the call; else they must not
   * @returns whether more is welcome; where not, the receiver's `onWritable` says when
   */
  write(bytes: Buffer, isLent?: boolean): boolean;
  /** Nothing more is sent. The other direction goes on. */
  end(bytes?: Buffer): void;
  /**
   * Ends both directions at once. The receiver is told nothing more. Also to be called where what came is not passed on any more.
   */
  reset(code: ResetCode, detail?: string): void;
  /** Says that bytes were passed on: as many may come again. */
  consumed(bytes: number): void;
  /** What came and was not passed on goes on to count beyond the end of the stream. */
  keepUnread(): void;
}
