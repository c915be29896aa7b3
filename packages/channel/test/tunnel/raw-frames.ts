import { FRAME, HEADER_BYTES, writeHeader } from '../../src/tunnel/frame.ts';
import { encodeLimits, TUNNEL_LIMITS, type TunnelLimits } from '../../src/tunnel/limits.ts';

/** A frame by hand, whatever it says. */
export function frame(type: number, stream: number, payload: Uint8Array | string = '', flags = 0): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const header = Buffer.alloc(HEADER_BYTES);
  writeHeader(header, 0, bytes.length, type, flags, stream);
  return Buffer.concat([header, bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function limits(some: Partial<TunnelLimits> = {}): Buffer {
  return frame(FRAME.limits, 0, encodeLimits({ ...TUNNEL_LIMITS, ...some }));
}

/** A stream of bytes begins. */
export function open(stream: number, block = 'target', flags = 0): Buffer {
  return frame(FRAME.open, stream, `\x01${block}`, flags);
}

export function data(stream: number, bytes: Uint8Array | string, flags = 0): Buffer {
  return frame(FRAME.data, stream, bytes, flags);
}

export function window(stream: number, bytes: number): Buffer {
  return frame(FRAME.window, stream, uint32(bytes));
}
