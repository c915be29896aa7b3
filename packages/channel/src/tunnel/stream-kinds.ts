import type { StreamReceiver } from './stream-receiver.ts';
import type { TunnelStream } from './stream.ts';

/** What a stream carries. */
export const STREAM_KINDS = { bytes: 1, http: 2 } as const;
export type StreamKind = keyof typeof STREAM_KINDS;

/** Takes a stream that the dialler began. @returns who takes what comes on it */
export type OnStream = (stream: TunnelStream, kind: StreamKind, block: string, isEnd: boolean) => StreamReceiver;

/** @returns undefined for a kind of a later release */
export function streamKindOf(code: number | undefined): StreamKind | undefined {
  if (code === STREAM_KINDS.http) return 'http';
  return code === STREAM_KINDS.bytes ? 'bytes' : undefined;
}
