import type { Fields } from '../http/fields.ts';
import { KIND } from './field-name.ts';
import type { FieldSection } from './field-section.ts';

/**
 * The fields of a message that are passed on: without what is meant for the next hop alone, with what `Connection` names
 * first, without the framing, which is made anew, and without whatever says who a caller is.
 */
export function onwardFields(message: FieldSection & { readonly connection: readonly string[] }): string[] {
  return sift(message, LEFT_OUT, message.connection);
}

/** The fields of a request as {@link onwardFields} has them, with a host in the place of its own, and no expectation. */
export function onwardRequestFields(request: FieldSection & { readonly connection: readonly string[] }, host: string): string[] {
  const fields = sift(request, LEFT_OUT | KIND.host | KIND.expect, request.connection);
  fields.push('host', host);
  return fields;
}

/** The trailers that are passed on: without what was needed before the body. */
export function onwardTrailers(trailers: FieldSection): string[] {
  return sift(trailers, LEFT_OUT | KIND.notInTrailers, []);
}

const LEFT_OUT = KIND.hopByHop | KIND.contentLength | KIND.transferEncoding | KIND.identity;

function sift({ fields, kinds }: FieldSection, leftOut: number, named: readonly string[]): string[] {
  const kept: string[] = [];
  let at = 0;
  for (const kind of kinds) {
    const name = fields[at] ?? '';
    if ((kind & leftOut) === 0 && !(named.length > 0 && named.includes(name))) kept.push(name, fields[at + 1] ?? '');
    at += 2;
  }
  return kept;
}

/** The first value of a field. @param name in lower case */
export function valueOf({ fields }: { readonly fields: Fields }, name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
  return undefined;
}
