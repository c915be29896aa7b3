/**
 * The frames of `themis/1`: eight bytes of header, then the payload.
 *
 *     payload length   3 bytes, big-endian, at most 65,536
 *     flags and type   1 byte: the upper four bits are flags, the lower four the type
 *     stream           4 bytes, big-endian, less than 2^31; 0 is the tunnel itself
 */
export const FRAME = {
  /** Bytes of a stream. With {@link END}, its last. */
  data: 0,
  /** Begins a stream: one byte of its kind, then what the kind says. With {@link END}, no data follows. */
  open: 1,
  /** A head after the first: of an answer, or the fields after a body. With {@link END}, no data follows. */
  head: 2,
  /** More credit for one stream, or for the tunnel: four bytes. */
  window: 3,
  /** Ends a stream at once, both directions: one byte of a code, then up to 256 bytes of a detail. */
  reset: 4,
  /** Eight bytes, to be sent back with {@link ACK}. */
  ping: 5,
  /** No stream after the one named (four bytes) is served; one byte of a code, then up to 256 bytes of a detail. */
  goaway: 6,
  /** What the sender takes: the first frame of each side, and only that. {@link encodeLimits} */
  limits: 7,
} as const;

export const HEADER_BYTES = 8;

/** The most bytes that a payload has. */
export const MAX_PAYLOAD_BYTES = 65_536;

/** Flag of `data`, `open` and `head`. */
export const END = 1;

/** Flag of `ping`. */
export const ACK = 1;

/** Types from here on may be added by later releases; who does not know one passes over it. */
export const FIRST_UNKNOWN_TYPE = 8;

/** The highest number of a stream. */
export const MAX_STREAM = 0x7fff_ffff;

/** @returns the position behind the header */
export function writeHeader(into: Buffer, at: number, length: number, type: number, flags: number, stream: number): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = (flags << 4) | type;
  into[at + 4] = stream >>> 24;
  into[at + 5] = stream >>> 16;
  into[at + 6] = stream >>> 8;
  into[at + 7] = stream;
  return at + HEADER_BYTES;
}
