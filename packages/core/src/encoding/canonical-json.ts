/** What statements are made of: JSON whose numbers are safe integers. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const DEPTH_LIMIT = 32;

/**
 * RFC 8785 (JSON Canonicalization Scheme), for JSON whose numbers are safe integers.
 *
 * @throws TypeError for what such JSON cannot hold: fractions, lone surrogates (RFC 8785 section 3.2.2.2), nesting beyond 32.
 */
export function canonicalJson(value: Json, depth = 0): string {
  if (depth > DEPTH_LIMIT) throw new TypeError('JSON nested too deeply');
  switch (typeof value) {
    case 'number':
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError('a number is not a safe integer');
      return String(value);
    case 'string':
      if (!value.isWellFormed()) throw new TypeError('a string holds a lone surrogate');
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
      return canonicalObject(value, depth);
    default:
      throw new TypeError(`JSON holds no ${typeof value}`);
  }
}

/**
 * @returns the value, or undefined where the bytes are not the RFC 8785 form of JSON whose numbers are safe integers:
 * repeated names, other orders, white space, a byte order mark and overlong UTF-8 all fail the comparison.
 */
export function parseCanonicalJson(bytes: Uint8Array): Json | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as Json;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function canonicalObject(value: { readonly [name: string]: Json }, depth: number): string {
  const names = Object.keys(value).sort();
  return `{${names.map((name) => member(name, value[name] as Json, depth)).join(',')}}`;
}

function member(name: string, value: Json, depth: number): string {
  if (!name.isWellFormed()) throw new TypeError('a name holds a lone surrogate');
  return `${JSON.stringify(name)}:${canonicalJson(value, depth + 1)}`;
}

// Array.isArray does not narrow readonly arrays.
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
