import type { ServerOptions } from 'node:http2';

/**
 * What one peer may make an HTTP/2 server hold and do on one connection. What a program sets itself goes before.
 *
 * Header blocks: nghttp2 counts CONTINUATION frames (CVE-2024-27983) and a block's bytes; Node counts its fields.
 */
export interface Http2Limits {
  /** Streams open at one time (SETTINGS_MAX_CONCURRENT_STREAMS). */
  readonly streams: number;
  /** Bytes of one header block, as RFC 9113 section 6.5.2 counts them. */
  readonly headerBytes: number;
  /** Fields of one header block. */
  readonly headerFields: number;
  /** MiB that Node may hold for the connection: streams, header blocks, data that waits to be sent. */
  readonly sessionMegabytes: number;
  /** Frames that are against the protocol, until the connection ends. */
  readonly invalidFrames: number;
  /** Streams beyond those that may be open, until the connection ends. */
  readonly rejectedStreams: number;
  /** Streams that may end by a reset in a second, and how many at once after a quiet time (CVE-2023-44487). */
  readonly resetsPerSecond: number;
  readonly resetsAtOnce: number;
  /** Until the first SETTINGS of the caller has come. Milliseconds. */
  readonly prefaceMs: number;
  /** How often a caller that sends nothing is asked whether it is there. Milliseconds. */
  readonly probeMs: number;
  /** How long a caller has to end a connection that we have ended, and to answer when asked. Milliseconds. */
  readonly goodbyeMs: number;
}

export const HTTP2_LIMITS: Http2Limits = Object.freeze({
  streams: 256,
  headerBytes: 65_536,
  headerFields: 200,
  sessionMegabytes: 32,
  invalidFrames: 100,
  rejectedStreams: 100,
  resetsPerSecond: 200,
  resetsAtOnce: 1000,
  prefaceMs: 10_000,
  probeMs: 30_000,
  goodbyeMs: 5000,
});

/** A program's options for its server, with the limits wherever it sets none. */
export function limitedOptions(options: ServerOptions): ServerOptions {
  return {
    maxHeaderListPairs: HTTP2_LIMITS.headerFields,
    maxSessionMemory: HTTP2_LIMITS.sessionMegabytes,
    maxSessionInvalidFrames: HTTP2_LIMITS.invalidFrames,
    maxSessionRejectedStreams: HTTP2_LIMITS.rejectedStreams,
    streamResetBurst: HTTP2_LIMITS.resetsAtOnce,
    streamResetRate: HTTP2_LIMITS.resetsPerSecond,
    ...options,
    settings: { maxConcurrentStreams: HTTP2_LIMITS.streams, maxHeaderListSize: HTTP2_LIMITS.headerBytes, ...options.settings },
  };
}
