/**
 * What a policy may let through in a path though programs read it in more than one way, and what becomes of it.
 *
 * Everything else that is ambiguous is never let through: `\`, `#`, NUL and other controls, bad escapes, what is no UTF-8.
 */
export const TOLERANCES = {
  'empty-segments': '`//` is let through, and becomes `/`',
  'dot-segments': '`.` and `..` are let through, and resolved (RFC 3986 section 5.2.4)',
  'escaped-slash': '`%2F` is let through as it is, and counts as a character of its segment',
  'escaped-backslash': '`%5C` is let through as it is',
  'escaped-percent': '`%25` before two hexadecimal digits is let through as it is, so that decoding twice gives something else',
  semicolon: '`;` and `%3B` are let through as they are, so that some programs drop the rest of the segment',
} as const;

export type Tolerance = keyof typeof TOLERANCES;

/** In the order of the table. */
export const TOLERANCE_NAMES: readonly Tolerance[] = Object.freeze([
  'empty-segments',
  'dot-segments',
  'escaped-slash',
  'escaped-backslash',
  'escaped-percent',
  'semicolon',
]);

export const NO_TOLERANCE: ReadonlySet<Tolerance> = new Set();
