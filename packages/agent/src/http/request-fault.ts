import type { IncomingMessage } from 'node:http';
import { fieldsOf, foldName, listOf, valuesOf, type Fields } from './fields.ts';

/** Why a request is not passed on. */
export interface RequestFault {
  /** 400, 405, 417, 431, 501 or 505. */
  readonly status: number;
  readonly detail: string;
}

/** More fields than any good request has. */
export const MOST_FIELDS = 200;

/** What decides where a message goes and where it ends. */
const DECIDES_MEANING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

/** What must not be disguised by another spelling, nor be declared hop-by-hop to make the next hop not see it. */
const GUARDED: ReadonlySet<string> = new Set([...DECIDES_MEANING, 'connection', 'te', 'trailer', 'expect', 'content-type']);

/**
 * Finds what two programs could read in two ways: the stuff of request smuggling (RFC 9112 section 11.2). The parser before
 * has refused much of it already (both framings, folded lines, bare line feeds, bad lengths); what it lets pass is refused
 * here, so that whatever is sent on has one meaning.
 *
 * @param form `origin`: a path, as servers get it; `proxy`: an absolute URI or, for CONNECT, an authority
 */
export function faultOf(request: IncomingMessage, form: 'origin' | 'proxy'): RequestFault | undefined {
  const { rawHeaders, httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return { status: 505, detail: `HTTP/${httpVersion}` };
  if (rawHeaders.length / 2 > MOST_FIELDS) return { status: 431, detail: `more than ${MOST_FIELDS} fields` };
  return (
    targetFault(request, form) ??
    hostFault(rawHeaders, httpVersion) ??
    spellingFault(rawHeaders) ??
    framingFault(rawHeaders, httpVersion) ??
    expectationFault(rawHeaders)
  );
}

function targetFault({ method, url = '' }: IncomingMessage, form: 'origin' | 'proxy'): RequestFault | undefined {
  if (!/^[\x21-\x7e]+$/.test(url) || /[#\\]/.test(url))
    return { status: 400, detail: 'the target holds a sign that has no place in it' };
  if (form === 'proxy') return undefined;
  if (method === 'CONNECT') return { status: 405, detail: 'CONNECT' };
  if (url === '*' && method === 'OPTIONS') return undefined;
  return url.startsWith('/') ? undefined : { status: 400, detail: 'the target is not a path' };
}

/** A name, an IPv4 address, or an IPv6 address in brackets, and a port (RFC 3986 section 3.2). */
const HOST = /^(?:[a-zA-Z0-9._~%!$&'()*+;=-]*|\[[0-9a-fA-F:.]+\])(?::\d{0,5})?$/;

function hostFault(fields: Fields, httpVersion: string): RequestFault | undefined {
  const hosts = valuesOf(fields, 'host');
  if (hosts.length > 1) return { status: 400, detail: 'more than one Host' };
  if (hosts.length === 0 && httpVersion === '1.1') return { status: 400, detail: 'no Host' };
  const [host = ''] = hosts;
  return HOST.test(host) ? undefined : { status: 400, detail: 'Host is not a host' };
}

function spellingFault(fields: Fields): RequestFault | undefined {
  for (const { name } of fieldsOf(fields)) {
    if (!GUARDED.has(name) && GUARDED.has(foldName(name)))
      return { status: 400, detail: `${name} could be taken for ${foldName(name)}` };
  }
  const dropped = listOf(fields, 'connection').find((option) => DECIDES_MEANING.has(foldName(option)));
  return dropped === undefined ? undefined : { status: 400, detail: `Connection names ${dropped}` };
}

function framingFault(fields: Fields, httpVersion: string): RequestFault | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + codings.length > 1) return { status: 400, detail: 'more than one word on where the body ends' };
  if (!lengths.every((length) => /^\d{1,15}$/.test(length))) return { status: 400, detail: 'Content-Length is not a length' };
  const [coding] = codings;
  if (coding === undefined) return undefined;
  if (httpVersion === '1.0') return { status: 400, detail: 'Transfer-Encoding in HTTP/1.0' };
  return coding.toLowerCase() === 'chunked' ? undefined : { status: 501, detail: `Transfer-Encoding ${coding}` };
}

/** Node takes for 100-continue whatever holds the word, and who does not would take the interim answer for the last. */
function expectationFault(fields: Fields): RequestFault | undefined {
  const expected = valuesOf(fields, 'expect');
  const isKnown = expected.length === 0 || (expected.length === 1 && /^(?:100-continue)?$/i.test(expected[0] ?? ''));
  return isKnown ? undefined : { status: 417, detail: 'an expectation that is not known here' };
}
