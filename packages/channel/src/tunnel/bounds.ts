/** What bounds a tunnel beside its limits. No peer is told of it. */
export interface TunnelBounds {
  /** How far the credit of one stream grows while its reader keeps up. Bytes. */
  readonly grownStreamCredit: number;
  /** Heads of one stream after its first, together, each counted as 1,024 at least: heads need no credit. Bytes. */
  readonly laterHeads: number;
  /** Heads of all open streams of a tunnel, counted in the same way: streams beyond are refused. Bytes. */
  readonly heads: number;
  /** Chunks that are kept for a small piece of them, in all: pieces beyond are copied. Bytes. */
  readonly pinned: number;
  /** How long the other side has to say what it takes. Milliseconds. */
  readonly limitsMs: number;
  /** How long a stream on a crowded tunnel may hold what came, and pass less on than a 16th of it. Milliseconds. */
  readonly stalledMs: number;
  /** How long nothing may get away of what is written; it is noticed within twice as long. Milliseconds. */
  readonly stuckMs: number;
  /** What may wait to be read by a peer that asks for more. Bytes. */
  readonly unreadByPeer: number;
  /** Frames without use that a peer may send in a second. */
  readonly nuisancesPerSecond: number;
  /** Frames without use that a peer may send at once, after a quiet time. */
  readonly nuisancesAtOnce: number;
}

export const TUNNEL_BOUNDS: TunnelBounds = Object.freeze({
  grownStreamCredit: 1_048_576,
  laterHeads: 131_072,
  heads: 16_777_216,
  pinned: 8_388_608,
  limitsMs: 10_000,
  stalledMs: 10_000,
  stuckMs: 30_000,
  unreadByPeer: 4_194_304,
  nuisancesPerSecond: 2000,
  nuisancesAtOnce: 10_000,
});
