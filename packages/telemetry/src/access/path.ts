/**
 * What a log says of a request's target. Queries carry tokens, so they are left out unless asked for; of a target in absolute
 * form the authority is always left out, because it may carry a password (RFC 9110 section 4.2.4).
 */
export function shownPath(target: string, withQuery: boolean): string {
  const path = target.startsWith('/') ? target : withoutAuthority(target);
  if (withQuery) return path;
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

/** @returns `*` and what else has no authority as it is; of CONNECT's target nothing but the host and port */
function withoutAuthority(target: string): string {
  const scheme = target.indexOf('://');
  if (scheme < 0) return target.slice(target.lastIndexOf('@') + 1);
  const path = target.slice(scheme + 3).search(/[/?#]/);
  return path < 0 ? '/' : target.slice(scheme + 3 + path);
}
