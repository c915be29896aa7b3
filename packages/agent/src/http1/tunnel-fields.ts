import type { Fields } from '../http/fields.ts';
import { MOST_FIELDS } from '../http/request-fault.ts';
import { fieldName, KIND } from './field-name.ts';
import type { FieldSection } from './field-section.ts';
import { HttpFault } from './http-fault.ts';
import { isHost, isMethod, isPath } from './request-head.ts';

/**
 * Fields that came through a tunnel, where they are well-formed already: what of them could be taken for something else is
 * refused, as if they had come as HTTP/1.1.
 *
 * @throws HttpFault
 */
export function tunnelFields(fields: Fields): FieldSection {
  if (fields.length > 2 * MOST_FIELDS) throw new HttpFault('fields-many', `more than ${MOST_FIELDS} fields`);
  const kinds: number[] = [];
  let seen = 0;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const known = fieldName(name);
    if (known?.name !== name) throw new HttpFault('field-name', `not a name: ${name.slice(0, 100)}`);
    if ((known.kind & KIND.disguised) !== 0) throw new HttpFault('field-disguised', `${name} could be taken for another`);
    kinds.push(known.kind);
    seen |= known.kind;
  }
  return { fields, kinds, seen };
}

/** What a tunnel's own reader lets pass of a request's first line and its host, and HTTP/1.1 does not. @throws HttpFault */
export function requireRequest({
  method,
  path,
  host,
}: {
  readonly method: string;
  readonly path: string;
  readonly host: string;
}): void {
  if (!isMethod(method)) throw new HttpFault('method', `not a method that is known here: ${method.slice(0, 100)}`);
  const isTarget = isPath(path) || (path === '*' && method === 'OPTIONS');
  if (!isTarget) throw new HttpFault('target', 'the target holds a sign that has no place in it');
  if (!isHost(host)) throw new HttpFault('host', 'Host is not a host');
}
