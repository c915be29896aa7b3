import { TunnelFault } from './fault.ts';

/** What one end of a tunnel takes from the other. */
export interface TunnelLimits {
  /** Streams that the other end may have open at one time. At least 1. */
  readonly streams: number;
  /** Bytes of data that may come on a new stream before any of it was passed on. At least 4,096. */
  readonly streamCredit: number;
  /** The same for all streams together. At least as much as one stream's. */
  readonly tunnelCredit: number;
}

export const TUNNEL_LIMITS: TunnelLimits = Object.freeze({
  streams: 1024,
  streamCredit: 65_536,
  tunnelCredit: 33_554_432,
});

/** The most credit that a stream or a tunnel ever has. */
export const MAX_CREDIT = 0x7fff_ffff;

/** With less, credit would have to be given in crumbs. */
export const LEAST_CREDIT = 4096;

const BYTES = 12;

/** Three numbers of four bytes: streams, credit of a stream, credit of the tunnel. @throws RangeError for what nobody takes */
export function encodeLimits(limits: TunnelLimits): Buffer {
  if (!arePossible(limits)) throw new RangeError('limits out of bounds');
  const payload = Buffer.alloc(BYTES);
  payload.writeUInt32BE(limits.streams, 0);
  payload.writeUInt32BE(limits.streamCredit, 4);
  payload.writeUInt32BE(limits.tunnelCredit, 8);
  return payload;
}

/** What is behind the three numbers is of a later release, and passed over. @throws TunnelFault */
export function decodeLimits(payload: Buffer): TunnelLimits {
  if (payload.length < BYTES) throw new TunnelFault('protocol', `limits of ${payload.length} bytes`);
  const limits = {
    streams: payload.readUInt32BE(0),
    streamCredit: payload.readUInt32BE(4),
    tunnelCredit: payload.readUInt32BE(8),
  };
  if (!arePossible(limits)) throw new TunnelFault('protocol', 'limits out of bounds');
  return limits;
}

function arePossible({ streams, streamCredit, tunnelCredit }: TunnelLimits): boolean {
  return streams >= 1 && streamCredit >= LEAST_CREDIT && streamCredit <= tunnelCredit && tunnelCredit <= MAX_CREDIT;
}

/**
 * How much is passed on before it is given back as credit: half of what may be on the way. What a reader holds is not on the way,
 * so that credit keeps going round below it; but no crumbs are given.
 */
export function grantFrom(credit: number, unread: number): number {
  return Math.min(credit / 2, Math.max(LEAST_CREDIT, (credit - unread) / 2));
}
