import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { isIdentityField, isTrafficField } from '@themis-mesh/core';
import type { Fields } from '../http/fields.ts';

/** The head of a request as the app is to see it: whatever it says of identity is taken out, then ours is set. */
export function requestFields(headers: IncomingHttpHeaders, identity: Fields): OutgoingHttpHeaders {
  const fields = plainFields(headers);
  for (const name of [':method', ':path', ':authority', ':protocol']) {
    if (headers[name] !== undefined) fields[name] = headers[name];
  }
  if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== undefined) fields[':scheme'] = 'http';
  for (let index = 0; index + 1 < identity.length; index += 2) fields[identity[index] ?? ''] = identity[index + 1];
  return fields;
}

/** The head of an answer, or of an interim one. */
export function answerFields(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return { ...plainFields(headers), ':status': Number(headers[':status'] ?? 502) };
}

/** What comes behind a body. */
export function plainFields(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':') && name !== '__proto__' && (!isIdentityField(name) || isTrafficField(name))) fields[name] = value;
  }
  return fields;
}
