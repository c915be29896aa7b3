import type { IncomingMessage } from 'node:http';
import { valuesOf } from './fields.ts';

/** Methods whose requests seldom have a body: without one, no length is said (RFC 9110 section 8.6). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/** How the body of a request ends on its way onward, by what the parser made of it. The request has no fault. */
export function framingOf(request: IncomingMessage): { readonly hasBody: boolean; readonly fields: readonly string[] } {
  const [length] = valuesOf(request.rawHeaders, 'content-length');
  if (length !== undefined) return { hasBody: Number(length) > 0, fields: ['content-length', String(Number(length))] };
  const isChunked = valuesOf(request.rawHeaders, 'transfer-encoding').length > 0;
  if (isChunked) return { hasBody: true, fields: ['transfer-encoding', 'chunked'] };
  return { hasBody: false, fields: BODILESS.has(request.method ?? '') ? [] : ['content-length', '0'] };
}
