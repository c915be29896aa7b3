import { fieldsOf, filterFields, listOf, type Fields } from './fields.ts';

/** What a proxy does not pass on, whether `Connection` names it or not (RFC 9110 section 7.6.1), and the framing, which is made anew. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** The fields of a message that are meant for its last recipient: `Connection` is heeded first, then all `Proxy-*` is left out. */
export function endToEnd(fields: Fields): string[] {
  const named = new Set(listOf(fields, 'connection'));
  return filterFields(fields, (name) => !HOP_BY_HOP.has(name) && !named.has(name) && !name.startsWith('proxy-'));
}

/**
 * What may not come after a body, because it was needed before it (RFC 9110 section 6.5.1): framing, routing,
 * authentication, and how the body is to be read.
 */
const NOT_IN_TRAILERS =
  /^(?:host|te|trailer|upgrade|connection|keep-alive|transfer-encoding|expect|range|max-forwards|authorization|cookie|set-cookie|www-authenticate|age|date|expires|location|retry-after|vary|warning|cache-control|pragma|content-.*|if-.*|proxy-.*)$/;

/** The trailers that are passed on, as pairs. */
export function trailersOf(fields: Fields, keeps: (name: string) => boolean): [string, string][] {
  const passed: [string, string][] = [];
  for (const { name, spelling, value } of fieldsOf(fields)) {
    if (!NOT_IN_TRAILERS.test(name) && keeps(name)) passed.push([spelling, value]);
  }
  return passed;
}
