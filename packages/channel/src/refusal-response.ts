import type { RefusalCode } from '@themis-mesh/core';

/** How a refusal is told to a stock HTTP client: with the code and nothing that the caller need not know. */
export function refusalResponse(code: RefusalCode): Buffer {
  const body = `${JSON.stringify({ error: 'THEMIS_REFUSED_BY_PEER', refusal: code })}\n`;
  return Buffer.from(
    `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
