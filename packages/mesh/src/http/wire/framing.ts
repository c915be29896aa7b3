import { Readable } from 'node:stream';
import type { MeshRequest } from '../message.ts';

/** Methods of requests that mostly have no body: without one they say nothing of a length (RFC 9110 section 8.6). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** A request's fields as they are sent, and how many bytes its stream must have, where it said so. */
export interface Framed {
  readonly fields: readonly string[];
  readonly declared: number | undefined;
}

/**
 * The fields of a request with the framing of its body: one of `content-length` and `transfer-encoding`, and never what the
 * caller wrote. Whoever frames a body in two ways, or in another way than it is sent, has its rest read as the next request
 * (RFC 9112 section 11.2).
 */
export function frame({ service, method, headers, body }: MeshRequest): Framed {
  const fields: string[] = [];
  let hasHost = false;
  let declared: number | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    const known = name.length > 17 ? name : name.toLowerCase();
    if (known === 'transfer-encoding') continue;
    if (known === 'content-length') {
      declared = lengthOf(value);
      continue;
    }
    if (known === 'host' && hasHost) continue;
    if (known === 'host') hasHost = true;
    fields.push(name, value);
  }
  if (!hasHost) fields.push('host', service);
  if (!(body instanceof Readable)) {
    const length = body?.length ?? 0;
    if (length > 0 || !BODILESS.has(method)) fields.push('content-length', String(length));
    return { fields, declared: undefined };
  }
  if (declared === undefined) fields.push('transfer-encoding', 'chunked');
  else fields.push('content-length', String(declared));
  return { fields, declared };
}

/** @returns undefined for what is no length: the body is then sent in chunks, which need none */
function lengthOf(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
