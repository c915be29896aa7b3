import { filterFields, listOf, type Fields } from './fields.ts';

/**
 * What a proxy does not pass on, whether `Connection` names it or not (RFC 9110 section 7.6.1), and the framing, which
 * is made anew.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade']);

/**
 * The fields of a message that are meant for its last recipient: `Connection` is heeded first, then all `Proxy-*` is
 * left out.
 */
export function endToEnd(fields: Fields): string[] {
  const named = new Set(listOf(fields, 'connection'));
  return filterFields(fields, (name) => !HOP_BY_HOP.has(name) && !named.has(name) && !name.startsWith('proxy-'));
}
