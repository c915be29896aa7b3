import { TunnelFault } from './fault.ts';

/** What one end of a tunnel takes from the other. */
export interface TunnelLimits {
  /** Streams that the other end may have open at one time. */
  readonly streams: number;
  /** Bytes of data that may come on a new stream before any of it was passed on. */
  readonly streamCredit: number;
  /** The same for all streams together: with what is in heads, all that a peer can make this end hold. */
  readonly tunnelCredit: number;
}

export const TUNNEL_LIMITS: TunnelLimits = Object.freeze({
  streams: 1024,
  streamCredit: 65_536,
  tunnelCredit: 33_554_432,
});

/** The most credit that a stream or a tunnel ever has. */
export const MAX_CREDIT = 0x7fff_ffff;

/** How far the credit of one stream grows while its reader keeps up. */
export const GROWN_STREAM_CREDIT = 1_048_576;

const BYTES = 12;

/** Three numbers of four bytes: streams, credit of a new stream, credit of the tunnel. */
export function encodeLimits({ streams, streamCredit, tunnelCredit }: TunnelLimits): Buffer {
  const payload = Buffer.alloc(BYTES);
  payload.writeUInt32BE(streams, 0);
  payload.writeUInt32BE(streamCredit, 4);
  payload.writeUInt32BE(tunnelCredit, 8);
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
  const isGood = limits.streams > 0 && limits.streamCredit <= MAX_CREDIT && limits.tunnelCredit <= MAX_CREDIT;
  if (!isGood) throw new TunnelFault('protocol', 'limits out of bounds');
  return limits;
}
