import { KIND } from './field-name.ts';
import { countOfKind, valueOfKind, type FieldSection } from './field-section.ts';
import { HttpFault } from './http-fault.ts';

/**
 * How what follows a head ends: after so many bytes; with the last chunk; with the connection; `interim`: it is nothing, and
 * another head follows; `tunnel`: it is no HTTP.
 */
export type Framing = number | 'chunked' | 'close' | 'interim' | 'tunnel';

/** Of a body: what a writer can frame. */
export type BodyFraming = number | 'chunked';

/**
 * What `Content-Length` or `Transfer-Encoding` says of a body (RFC 9112 sections 6.1 and 6.2). Exactly one of them, once: two
 * are refused also where they say the same, for the next reader may see only one.
 *
 * @param section holds at least one of them
 * @throws HttpFault
 */
export function framedLength(section: FieldSection, minor: 0 | 1): BodyFraming {
  if (countOfKind(section, KIND.contentLength | KIND.transferEncoding) > 1)
    throw new HttpFault('framing-twice', 'more than one word on where the body ends');
  const length = valueOfKind(section, KIND.contentLength);
  if (length !== undefined) {
    // 15 digits are exact in a number.
    if (!/^\d{1,15}$/.test(length)) throw new HttpFault('content-length', 'Content-Length is not a length');
    return Number(length);
  }
  if (minor === 0) throw new HttpFault('transfer-coding-old', 'Transfer-Encoding in HTTP/1.0');
  const coding = valueOfKind(section, KIND.transferEncoding) ?? '';
  if (coding.toLowerCase() !== 'chunked') throw new HttpFault('transfer-coding', `Transfer-Encoding ${coding.slice(0, 100)}`);
  return 'chunked';
}
