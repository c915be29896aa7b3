import { GOAWAY_CODES, resetCodeOf, TunnelFault, type GoawayCode, type ResetCode } from './fault.ts';

const MOST_DETAIL = 256;

/** What a `reset` frame says. */
export interface Reset {
  readonly code: ResetCode;
  readonly detail: string;
}

/** What a `goaway` frame says. */
export interface Goaway {
  /** The last stream that is served. */
  readonly last: number;
  /** Undefined for a code of a later release. */
  readonly code: GoawayCode | undefined;
  readonly detail: string;
}

const GOAWAY_NAMES = new Map<number, GoawayCode>(Object.entries(GOAWAY_CODES).map(([name, code]) => [code, name as GoawayCode]));

/** A detail as it is sent, and as it is shown: short, and of printable ASCII, because it ends up in logs. */
export function plainDetail(text: string): string {
  return text.slice(0, MOST_DETAIL).replace(/[^\x20-\x7e]/g, '?');
}

/** @throws TunnelFault */
export function decodeReset(payload: Buffer): Reset {
  requireLength(payload, 1);
  return { code: resetCodeOf(payload.readUInt8(0)), detail: plainDetail(payload.toString('latin1', 1, 1 + MOST_DETAIL)) };
}

export function encodeGoaway(last: number, code: GoawayCode, detail: string): Buffer {
  const text = plainDetail(detail);
  const payload = Buffer.alloc(5 + text.length);
  payload.writeUInt32BE(last, 0);
  payload.writeUInt8(GOAWAY_CODES[code], 4);
  payload.write(text, 5, 'latin1');
  return payload;
}

/** @throws TunnelFault */
export function decodeGoaway(payload: Buffer): Goaway {
  requireLength(payload, 5);
  return {
    last: payload.readUInt32BE(0),
    code: GOAWAY_NAMES.get(payload.readUInt8(4)),
    detail: plainDetail(payload.toString('latin1', 5, 5 + MOST_DETAIL)),
  };
}

/** @throws TunnelFault for none at all */
export function decodeCredit(payload: Buffer): number {
  requireLength(payload, 4);
  const bytes = payload.readUInt32BE(0);
  if (bytes === 0) throw new TunnelFault('protocol', 'credit of nothing');
  return bytes;
}

/** @throws TunnelFault */
export function requireLength(payload: Buffer, least: number): void {
  if (payload.length < least) throw new TunnelFault('protocol', `a frame of ${payload.length} bytes`);
}
