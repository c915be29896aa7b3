import type { Duplex } from 'node:stream';
import { NOWHERE } from '../../tcp/nothing.ts';
import { quietDuplex } from '../../tcp/tcp-server.ts';

/** A connection on which an answer comes that nobody sent: for clients that read HTTP/1.1 themselves. */
export function injectedAnswer(status: number): Duplex {
  const duplex = quietDuplex().attach({ ...NOWHERE, write: () => true });
  const body = `${JSON.stringify({ error: 'THEMIS_FAULT_INJECTED' })}\n`;
  const head = `HTTP/1.1 ${status} Injected\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  duplex.onData(Buffer.from(`${head}connection: close\r\n\r\n${body}`));
  return duplex;
}
