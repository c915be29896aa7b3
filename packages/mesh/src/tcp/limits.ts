/** Bounds of raw streams. */
export const TCP_LIMITS: { readonly streams: number; readonly keptBytes: number; readonly repeats: number } = Object.freeze({
  /** Streams that a caller may have open on one tunnel: connections often stay open for long, and do nothing. */
  streams: 4096,
  /** Bytes that were sent, and are kept so that they can be sent once more where an instance took nothing of them. */
  keptBytes: 16_384,
  /** How often a stream is begun again that was turned away. */
  repeats: 3,
});
