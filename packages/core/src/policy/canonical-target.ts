import { accept, refuse, type Verdict } from '../outcome/verdict.ts';
import { NO_TOLERANCE, type Tolerance } from './tolerance.ts';

/**
 * Whether a request target is in its canonical form as it stands, and free of everything that {@link canonicalTarget} looks at
 * twice: no escapes, no empty segments, none that begins with a dot. Nearly all are; this is one pass without allocation.
 */
export function isPlainTarget(target: string): boolean {
  return PLAIN.test(target);
}

const PLAIN =
  /^\/(?:[\w~!$&'()*+,=:@-][\w.~!$&'()*+,=:@-]*(?:\/[\w~!$&'()*+,=:@-][\w.~!$&'()*+,=:@-]*)*\/?)?(?:\?[\x21\x22\x24-\x7e]*)?$/;

/**
 * The one form of a request target in origin form (RFC 9112 section 3.2.1) that is judged and passed on.
 *
 * In the path: escapes of unreserved characters are decoded and all others written in upper case (RFC 3986 section 6.2.2);
 * what a URI may not hold as it stands is escaped. What two programs read in two ways is refused, unless it is tolerated. The
 * query stays as it is. `*` stands for itself (`OPTIONS *`). It is idempotent.
 */
export function canonicalTarget(target: string, tolerated: ReadonlySet<Tolerance> = NO_TOLERANCE): Verdict<string> {
  if (isPlainTarget(target) || target === '*') return accept(target);
  const end = target.indexOf('?');
  const [path, query] = end < 0 ? [target, ''] : [target.slice(0, end), target.slice(end)];
  if (!path.startsWith('/')) return ambiguous('the target is not a path');
  if (!QUERY.test(query)) return ambiguous('the query holds what a URI does not');
  const escaped = canonicalEscapes(path, tolerated);
  if (!escaped.ok) return escaped;
  const resolved = canonicalSegments(escaped.value, tolerated);
  return resolved.ok ? accept(resolved.value + query) : resolved;
}

/**
 * The path of a canonical target as patterns see it: escapes of reserved marks (`%2B`, `%40` and the like) decoded, because
 * programs take them for the same as the marks themselves.
 */
export function judgedPath(target: string): string {
  const end = target.indexOf('?');
  return foldMarks(end < 0 ? target : target.slice(0, end));
}

/** As {@link judgedPath}, for a path or a segment without a query. */
export function foldMarks(path: string): string {
  return path.includes('%') ? path.replace(ESCAPED_MARK, decodeURIComponent) : path;
}

/** sub-delims, `:` and `@` (RFC 3986 section 3.3). */
const ESCAPED_MARK = /%(?:2[146-9A-C]|3[ABD]|40)/g;

/** Graphic ASCII without `#`. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** What stands in a path as it is (RFC 3986 section 3.3), but for `;`. */
const LITERAL = /^[\w.~!$&'()*+,=:@/-]$/;

const UNRESERVED = /^[\w.~-]$/;

function canonicalEscapes(path: string, tolerated: ReadonlySet<Tolerance>): Verdict<string> {
  let result = '';
  for (let index = 0; index < path.length; index += 1) {
    const sign = path.charAt(index);
    if (LITERAL.test(sign)) {
      result += sign;
      continue;
    }
    const isEscape = sign === '%';
    const hex = path.slice(index + 1, index + 3);
    if (isEscape && !/^[\dA-Fa-f]{2}$/.test(hex)) return ambiguous('an escape without two hexadecimal digits');
    const code = isEscape ? Number.parseInt(hex, 16) : sign.charCodeAt(0);
    const fault = faultOf(code, isEscape, tolerated);
    if (fault !== undefined) return ambiguous(fault);
    result += isEscape ? canonicalEscape(code) : sign === ';' ? ';' : escapeOf(code);
    if (isEscape) index += 2;
  }
  // Looked for in the result, because `%25%34%31` comes to it too.
  if (!tolerated.has('escaped-percent') && /%25[\dA-Fa-f]{2}/.test(result)) return ambiguous('an escape that is escaped again');
  if (/%[89A-F]/.test(result) && !isUtf8(result)) return ambiguous('escapes that are no UTF-8');
  return accept(result);
}

function faultOf(code: number, isEscape: boolean, tolerated: ReadonlySet<Tolerance>): string | undefined {
  if (code < 0x20 || code === 0x7f) return 'a control character';
  if (code === SEMICOLON) return tolerated.has('semicolon') ? undefined : 'a semicolon';
  if (!isEscape) {
    if (code === 0x20 || code > 0x7e) return 'a sign that a URI does not hold';
    return code === BACKSLASH || code === HASH ? 'a backslash or a fragment' : undefined;
  }
  if (code === SLASH) return tolerated.has('escaped-slash') ? undefined : 'an escaped slash';
  if (code === BACKSLASH) return tolerated.has('escaped-backslash') ? undefined : 'an escaped backslash';
  return undefined;
}

const [SLASH, BACKSLASH, HASH, SEMICOLON] = [0x2f, 0x5c, 0x23, 0x3b];

function canonicalEscape(code: number): string {
  const sign = String.fromCharCode(code);
  return code < 0x80 && UNRESERVED.test(sign) ? sign : escapeOf(code);
}

function escapeOf(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Whether the escapes decode to UTF-8, in its shortest form (RFC 3629 section 3). */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function canonicalSegments(path: string, tolerated: ReadonlySet<Tolerance>): Verdict<string> {
  const segments = path.slice(1).split('/');
  const last = segments.length - 1;
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isDots = segment === '.' || segment === '..';
    if (segment === '' && index < last && !tolerated.has('empty-segments')) return ambiguous('an empty segment');
    if (isDots && !tolerated.has('dot-segments')) return ambiguous('a segment of dots');
    if (!isDots && hasHiddenDots(segment)) return ambiguous('dots beside an escaped slash or a parameter');
    if (segment === '..') kept.pop();
    if (segment !== '' && !isDots) kept.push(segment);
    // A path that ends with a slash, or with dots, names a folder.
    if (index === last && (segment === '' || isDots) && kept.length > 0) kept.push('');
  }
  return accept(`/${kept.join('/')}`);
}

/** Whether a program that splits at an escaped slash, or drops what follows a semicolon, would find dots alone. */
function hasHiddenDots(segment: string): boolean {
  return /(?:^|%2F|%5C)\.{1,2}(?:%2F|%5C|%3B|;|$)/.test(segment);
}

function ambiguous(what: string): Verdict<never> {
  return refuse('policy-path-ambiguous', what);
}
