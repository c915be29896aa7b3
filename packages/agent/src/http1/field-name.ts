import { foldName } from '../http/fields.ts';
import { isIdentityField, isTrafficField } from '../http/identity-fields.ts';

/** A field's name in lower case, and what it is to a proxy: bits of {@link KIND}. */
export interface FieldName {
  readonly name: string;
  readonly kind: number;
}

/** What a field is to a proxy. One can be several of these. */
export const KIND = {
  host: 1,
  contentLength: 2,
  transferEncoding: 4,
  connection: 8,
  expect: 16,
  upgrade: 32,
  te: 64,
  /** Meant for the next hop alone, whether `Connection` names it or not (RFC 9110 section 7.6.1), and all `Proxy-*`. */
  hopByHop: 128,
  /** Says who a caller is. Only a sidecar says that. */
  identity: 256,
  /** Could be taken for a field that decides what a message means, by programs that fold names. */
  disguised: 512,
  /** Was needed before the body, so it may not come behind it (RFC 9110 section 6.5.1). */
  notInTrailers: 1024,
} as const;

/** What decides where a message goes and where it ends. */
export const DECISIVE: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);

/**
 * The name as it is known, in lower case.
 *
 * @param spelling as it was sent
 * @returns undefined where it is no token (RFC 9110 section 5.1)
 */
export function fieldName(spelling: string): FieldName | undefined {
  return known.get(spelling) ?? learn(spelling);
}

/** As many spellings are remembered; when one more comes, all are forgotten and learnt again. */
const MOST_KNOWN = 2048;

/** A longer name is judged anew each time. Characters. */
const LONGEST_KNOWN = 64;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What must not be disguised by another spelling. */
const GUARDED: ReadonlySet<string> = new Set([...DECISIVE, 'connection', 'te', 'trailer', 'expect', 'content-type']);

const HOP_BY_HOP = /^(?:connection|keep-alive|te|transfer-encoding|upgrade|proxy-.*)$/;

const NOT_IN_TRAILERS =
  /^(?:host|te|trailer|upgrade|connection|keep-alive|transfer-encoding|expect|range|max-forwards|authorization|cookie|set-cookie|www-authenticate|age|date|expires|location|retry-after|vary|warning|cache-control|pragma|content-.*|if-.*|proxy-.*)$/;

const OWN_KIND: ReadonlyMap<string, number> = new Map([
  ['host', KIND.host],
  ['content-length', KIND.contentLength],
  ['transfer-encoding', KIND.transferEncoding],
  ['connection', KIND.connection],
  ['expect', KIND.expect],
  ['upgrade', KIND.upgrade],
  ['te', KIND.te],
]);

const known = new Map<string, FieldName>();

function learn(spelling: string): FieldName | undefined {
  if (!TOKEN.test(spelling)) return undefined;
  const name = spelling.toLowerCase();
  const found = { name, kind: kindOf(name) };
  if (spelling.length > LONGEST_KNOWN) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  // Copies: a slice would keep the whole head that it was cut from.
  const key = Buffer.from(spelling, 'latin1').toString('latin1');
  known.set(key, { name: key.toLowerCase(), kind: found.kind });
  return found;
}

function kindOf(name: string): number {
  const folded = foldName(name);
  let kind = OWN_KIND.get(name) ?? 0;
  if (HOP_BY_HOP.test(name)) kind |= KIND.hopByHop;
  if (NOT_IN_TRAILERS.test(name)) kind |= KIND.notInTrailers;
  if (isIdentityField(name) && !isTrafficField(name)) kind |= KIND.identity;
  if (!GUARDED.has(name) && GUARDED.has(folded)) kind |= KIND.disguised;
  return kind;
}
