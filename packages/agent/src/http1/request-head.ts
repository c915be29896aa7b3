import { connectionOptions } from './connection-options.ts';
import { KIND } from './field-name.ts';
import { countOfKind, listOfKind, readFields, valueOfKind, type FieldSection } from './field-section.ts';
import { framedLength, type Framing } from './framing.ts';
import { HttpFault } from './http-fault.ts';
import { MAX_START_LINE_BYTES } from './limits.ts';

/** What a request asks, without its body. */
export interface RequestHead extends FieldSection {
  readonly method: string;
  /** As it was sent: which of the four forms of RFC 9112 section 3.2 it has. */
  readonly target: string;
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk';
  /** The minor version: HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1;
  /** As it was sent; undefined only in HTTP/1.0. Of a request in absolute form the target counts instead. */
  readonly host: string | undefined;
  /** What `Connection` says, in lower case. */
  readonly connection: readonly string[];
  /** Whether the sender wants to use the connection for another request. An HTTP/1.0 sender is not heard on that. */
  readonly persists: boolean;
  /** Whether the sender waits for 100 Continue before it sends the body (RFC 9110 section 10.1.1). */
  readonly awaitsContinue: boolean;
  readonly framing: Framing;
}

/**
 * Which forms of target are taken. `origin`: a path, or `*` with OPTIONS, as servers get them. `proxy`: also `http://…`, and
 * HOST:PORT with CONNECT; whether a path is then of any use is for the proxy to say.
 */
export type RequestForms = 'origin' | 'proxy';

/**
 * Reads the head of a request, and finds whatever could be read in two ways: the stuff of request smuggling (RFC 9112
 * section 11.2).
 *
 * @param text well-lined, without the empty line at its end
 * @throws HttpFault
 */
export function readRequestHead(text: string, forms: RequestForms): RequestHead {
  const end = text.indexOf('\r');
  if (end > MAX_START_LINE_BYTES) throw new HttpFault('start-line-long', `more than ${MAX_START_LINE_BYTES} bytes`);
  // Two spaces and no more: none is in a method, and a target with one in it has no valid version behind it.
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  if (first === -1 || second === -1 || second > end) throw startFault(text.slice(0, end));
  const method = text.slice(0, first);
  const target = text.slice(first + 1, second);
  const minor = minorVersion(text, second + 1, end);
  const form = targetForm(method, target, forms);
  const section = readFields(text, end + 2);
  const connection = connectionOptions(section);
  const framing = requestFraming(section, method, minor);
  return {
    method,
    target,
    form,
    minor,
    host: requestHost(section, minor),
    connection,
    persists: minor === 1 && !connection.includes('close'),
    awaitsContinue: awaitsContinue(section, minor, framing),
    framing,
    // Not by a spread, which costs as much as all the rest.
    fields: section.fields,
    kinds: section.kinds,
    seen: section.seen,
  };
}

/** The methods of IANA's registry, and those beside them that HTTP servers commonly know. Others are refused. */
export function isMethod(text: string): boolean {
  return METHODS.has(text);
}

/** Whether a target is a path and a query. What a path means is for a policy; here only: no second reading of where it ends. */
export function isPath(target: string): boolean {
  return PATH.test(target);
}

/** Whether a text can stand as a host, with or without a port. An empty one can (RFC 9110 section 7.2). */
export function isHost(text: string): boolean {
  if (text === lastHost) return true;
  if (!HOST.test(text)) return false;
  if (text.length <= LONGEST_REMEMBERED) lastHost = text;
  return true;
}

const METHODS: ReadonlySet<string> = new Set(
  (
    'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY ' +
    'OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK ' +
    'UNSUBSCRIBE'
  ).split(' '),
);

/** Printable ASCII without `#`, which would begin a fragment, and without the backslash, which some take for a slash. */
const PATH = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/;
const ABSOLUTE = /^[Hh][Tt][Tt][Pp]:\/\/([^/?#\\@]+)(?:[/?][\x21\x22\x24-\x5b\x5d-\x7e]*)?$/;

/** A name, an IPv4 address, or an IPv6 address in brackets, and a port (RFC 3986 section 3.2). */
const HOST = /^(?:[a-zA-Z0-9._~%!$&'()*+;=-]*|\[[0-9a-fA-F:.]+\])(?::\d{0,5})?$/;
const AUTHORITY = /^(?:[a-zA-Z0-9._~%!$&'()*+;=-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;

function startFault(line: string): HttpFault {
  if (line === '') return new HttpFault('start-line', 'an empty line where a request begins');
  return new HttpFault('start-line', `not METHOD TARGET VERSION: ${line.slice(0, 100)}`);
}

function minorVersion(text: string, at: number, end: number): 0 | 1 {
  if (end - at === 8 && text.startsWith('HTTP/1.', at)) {
    const digit = text.charCodeAt(at + 7) - 0x30;
    if (digit === 1 || digit === 0) return digit;
  }
  const version = text.slice(at, end);
  if (text.startsWith('PRI * HTTP/2.0\r')) throw new HttpFault('http2-preface', 'HTTP/2 is not spoken here');
  if (/^HTTP\/\d\.\d$/.test(version)) throw new HttpFault('version', version);
  throw new HttpFault('start-line', `not a version: ${version.slice(0, 100)}`);
}

function targetForm(method: string, target: string, forms: RequestForms): RequestHead['form'] {
  if (!METHODS.has(method)) throw new HttpFault('method', `not a method that is known here: ${method.slice(0, 100)}`);
  if (method === 'CONNECT') {
    if (forms === 'origin') throw new HttpFault('connect', 'CONNECT');
    if (!AUTHORITY.test(target)) throw new HttpFault('target', 'CONNECT wants HOST:PORT');
    return 'authority';
  }
  if (PATH.test(target)) return 'origin';
  if (target === '*' && method === 'OPTIONS') return 'asterisk';
  const absolute = ABSOLUTE.exec(target);
  if (absolute !== null && forms === 'proxy' && HOST.test(absolute[1] ?? '')) return 'absolute';
  if (/[^\x21-\x7e]|[#\\]/.test(target)) throw new HttpFault('target', 'the target holds a sign that has no place in it');
  throw new HttpFault(
    'target-form',
    forms === 'origin' ? 'the target is not a path' : 'the target is neither a path nor http://…',
  );
}

/** The last host that was found to be one: those who ask name the same again and again. */
let lastHost = '';

const LONGEST_REMEMBERED = 255;

function requestHost(section: FieldSection, minor: 0 | 1): string | undefined {
  const host = valueOfKind(section, KIND.host);
  if (host === undefined) {
    if (minor === 1) throw new HttpFault('host-missing', 'no Host');
    return undefined;
  }
  if (countOfKind(section, KIND.host) > 1) throw new HttpFault('host-twice', 'more than one Host');
  if (!isHost(host)) throw new HttpFault('host', 'Host is not a host');
  return host;
}

/** RFC 9112 section 6.3, without what is lenient there. */
function requestFraming(section: FieldSection, method: string, minor: 0 | 1): Framing {
  if ((section.seen & (KIND.contentLength | KIND.transferEncoding)) === 0) return method === 'CONNECT' ? 'tunnel' : 0;
  const framing = framedLength(section, minor);
  if (method === 'CONNECT' && framing !== 0) throw new HttpFault('target', 'CONNECT has no body');
  return method === 'CONNECT' ? 'tunnel' : framing;
}

function awaitsContinue(section: FieldSection, minor: 0 | 1, framing: Framing): boolean {
  if ((section.seen & KIND.expect) === 0 || minor === 0) return false;
  const expected = listOfKind(section, KIND.expect);
  if (expected.some((word) => word !== '100-continue'))
    throw new HttpFault('expectation', 'an expectation that is not known here');
  return framing !== 0 && expected.length > 0;
}
