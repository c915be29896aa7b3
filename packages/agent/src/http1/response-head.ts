import { connectionOptions } from './connection-options.ts';
import { KIND } from './field-name.ts';
import { readFields, type FieldSection } from './field-section.ts';
import { framedLength, type Framing } from './framing.ts';
import { HttpFault } from './http-fault.ts';
import { MAX_START_LINE_BYTES } from './limits.ts';

/** What a response says, without its body. */
export interface ResponseHead extends FieldSection {
  /** 100 to 999. */
  readonly status: number;
  /** In Latin-1; often empty. Means nothing to a program (RFC 9112 section 4). */
  readonly reason: string;
  readonly minor: 0 | 1;
  readonly connection: readonly string[];
  /** Whether the connection can be used again behind this response. Never behind one of HTTP/1.0. */
  readonly persists: boolean;
  readonly framing: Framing;
}

/** What a response answers, as far as its reading depends on it (RFC 9112 section 6.3). */
export interface Asked {
  readonly method: string;
  /** Whether the request asked for another protocol: without that, 101 is refused. */
  readonly upgrade: boolean;
}

/**
 * Reads the head of a response.
 *
 * @param text well-lined, without the empty line at its end
 * @throws HttpFault
 */
export function readResponseHead(text: string, asked: Asked): ResponseHead {
  const end = text.indexOf('\r');
  if (end > MAX_START_LINE_BYTES) throw new HttpFault('start-line-long', `more than ${MAX_START_LINE_BYTES} bytes`);
  const minor = minorVersion(text);
  const status = statusCode(text, end);
  const section = readFields(text, end + 2);
  const connection = connectionOptions(section);
  const framing = responseFraming(section, status, minor, asked);
  return {
    status,
    reason: text.slice(13, end),
    minor,
    connection,
    persists: minor === 1 && framing !== 'close' && framing !== 'tunnel' && !connection.includes('close'),
    framing,
    // Not by a spread, which costs as much as all the rest.
    fields: section.fields,
    kinds: section.kinds,
    seen: section.seen,
  };
}

function minorVersion(text: string): 0 | 1 {
  if (text.startsWith('HTTP/1.1 ')) return 1;
  if (text.startsWith('HTTP/1.0 ')) return 0;
  throw new HttpFault('status-line', `not HTTP/1.1: ${text.slice(0, 20)}`);
}

/** Three digits, then a space and a reason, or nothing: the space is often left out where there is no reason. */
function statusCode(text: string, end: number): number {
  const digits = text.slice(9, 12);
  const isEnded = end === 12 || (end > 12 && text.charCodeAt(12) === 0x20);
  if (!isEnded || !/^[1-9]\d\d$/.test(digits))
    throw new HttpFault('status-line', `not a status: ${text.slice(0, Math.min(end, 40))}`);
  return Number(digits);
}

function responseFraming(section: FieldSection, status: number, minor: 0 | 1, { method, upgrade }: Asked): Framing {
  const isFramed = (section.seen & (KIND.contentLength | KIND.transferEncoding)) !== 0;
  // Judged also where no body follows: others may read one.
  const framing = isFramed ? framedLength(section, minor) : 'close';
  if (status === 101) {
    if (!upgrade) throw new HttpFault('switch-unasked', 'a change to a protocol that nobody asked for');
    return 'tunnel';
  }
  if (status < 200) return 'interim';
  if (method === 'CONNECT' && status < 300) return 'tunnel';
  if (method === 'HEAD' || status === 204 || status === 304) return 0;
  return framing;
}
