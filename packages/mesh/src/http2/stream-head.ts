import type { IncomingHttpHeaders } from 'node:http2';

/**
 * Whether the pseudo-fields of a request can be read in one way only. nghttp2 sees to all that RFC 9113 section 8.3 says of
 * `http` and `https`; other schemes would carry any path past it (as in CVE-2026-33186).
 */
export function hasOneMeaning(headers: IncomingHttpHeaders): boolean {
  const { [':method']: method, [':path']: path, [':scheme']: scheme, [':authority']: authority, host } = headers;
  if (host !== undefined && authority !== undefined && host !== authority) return false;
  // An extended CONNECT (RFC 8441) has a path; a plain one has none.
  if (method === 'CONNECT' && path === undefined) return scheme === undefined;
  if (scheme !== 'https' && scheme !== 'http') return false;
  if (path === '*') return method === 'OPTIONS';
  return path?.startsWith('/') === true && !path.includes('#');
}
