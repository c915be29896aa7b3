import type { Writable } from 'node:stream';
import type { Fields } from '../http/fields.ts';
import { fieldLines } from './write-head.ts';

/**
 * Writes a part of a body as a chunk (RFC 9112 section 7.1). A small one in one piece, which costs a copy and saves the
 * system calls; of a large one its bytes as they are.
 *
 * @param bytes not empty: an empty chunk is the last
 * @returns as `Writable.write`
 */
export function writeChunk(to: Writable, bytes: Buffer): boolean {
  const size = `${bytes.length.toString(16)}\r\n`;
  if (bytes.length <= COPIED) {
    const framed = Buffer.allocUnsafe(size.length + bytes.length + 2);
    framed.write(size, 0, 'latin1');
    bytes.copy(framed, size.length);
    framed.write('\r\n', size.length + bytes.length, 'latin1');
    return to.write(framed);
  }
  to.cork();
  to.write(size, 'latin1');
  to.write(bytes);
  const goesOn = to.write('\r\n', 'latin1');
  to.uncork();
  return goesOn;
}

/** What ends a body of chunks. @throws HttpFault where the trailers cannot be sent */
export function lastChunk(trailers: Fields): string {
  return `0\r\n${fieldLines(trailers)}\r\n`;
}

/** Up to how many bytes a copy is cheaper than a write of three parts. */
const COPIED = 8192;
