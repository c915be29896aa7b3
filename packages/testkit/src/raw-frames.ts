import { TUNNEL_LIMITS, type TunnelLimits } from '@themis-mesh/channel';

/** As the specification numbers them (docs/reference/tunnel.md): by hand here, so that a change of the code's is seen. */
const TYPE = { data: 0, open: 1, head: 2, window: 3, reset: 4, ping: 5, goaway: 6, limits: 7 } as const;

/** A frame by hand, whatever it says. */
export function frame(type: number, stream: number, payload: Uint8Array | string = '', flags = 0): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const header = Buffer.alloc(8);
  header.writeUIntBE(bytes.length, 0, 3);
  header[3] = (flags << 4) | type;
  header.writeUInt32BE(stream, 4);
  return Buffer.concat([header, bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function limits(some: Partial<TunnelLimits> = {}): Buffer {
  const { streams, streamCredit, tunnelCredit } = { ...TUNNEL_LIMITS, ...some };
  return frame(TYPE.limits, 0, Buffer.concat([uint32(streams), uint32(streamCredit), uint32(tunnelCredit)]));
}

/** A stream of bytes begins. */
export function open(stream: number, block = 'target', flags = 0): Buffer {
  return frame(TYPE.open, stream, `\x01${block}`, flags);
}

export function data(stream: number, bytes: Uint8Array | string, flags = 0): Buffer {
  return frame(TYPE.data, stream, bytes, flags);
}

export function window(stream: number, bytes: number): Buffer {
  return frame(TYPE.window, stream, uint32(bytes));
}
