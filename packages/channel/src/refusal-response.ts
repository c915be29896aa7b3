import type { RefusalCode } from '@themis-mesh/core';

/** How a refusal is told to a stock HTTP client: with the code and nothing that the caller need not know. */
export function refusalResponse(code: RefusalCode): Buffer {
  const body = refusalBody(code);
  return Buffer.from(
    `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

/**
 * The same for a stock client of HTTP/2: an empty SETTINGS, which has to come first, and a GOAWAY that says that no stream was
 * looked at, so that all of them may be sent elsewhere (RFC 9113 sections 3.4 and 6.8).
 *
 * It is the same bytes for everybody, because a response on a stream would need the header block of whoever was refused to be
 * parsed first.
 */
export function refusalGoaway(code: RefusalCode): Buffer {
  const debugData = Buffer.from(refusalBody(code));
  const goaway = Buffer.alloc(8);
  goaway.writeUInt32BE(INADEQUATE_SECURITY, 4);
  return Buffer.concat([frame(SETTINGS, Buffer.alloc(0)), frame(GOAWAY, Buffer.concat([goaway, debugData]))]);
}

/** RFC 9113 sections 6.5, 6.8 and 7. */
const SETTINGS = 0x4;
const GOAWAY = 0x7;
const INADEQUATE_SECURITY = 0xc;

/** A frame of the connection itself, without flags (RFC 9113 section 4.1). */
function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  return Buffer.concat([head, payload]);
}

function refusalBody(code: RefusalCode): string {
  return `${JSON.stringify({ error: 'THEMIS_REFUSED_BY_PEER', refusal: code })}\n`;
}
