import { isIPv4, isIPv6 } from 'node:net';
import { TargetName } from '@themis-mesh/core';
import { MESH_SUFFIX } from '@themis-mesh/mesh';

/** Whom a program asks its proxy for. */
export type Target =
  | { readonly is: 'service'; readonly service: TargetName; readonly port: number }
  /** A host that is no service: a DNS name or an address, in its one spelling. */
  | { readonly is: 'outside'; readonly host: string; readonly port: number };

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads `host:port` (RFC 3986 section 3.2, without userinfo).
 *
 * @param defaultPort where none is said; undefined where one must be
 * @returns undefined where it is not a host, or names the mesh but no service of it
 */
export function parseTarget(authority: string, defaultPort?: number): Target | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]@/?#]+)(?::(\d{1,5}))?$/.exec(authority);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  const host = canonicalHost(match?.[1] ?? '');
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  if (!host.endsWith(MESH_SUFFIX) && `.${host}` !== MESH_SUFFIX) return { is: 'outside', host, port };
  const service = TargetName.parse(host.slice(0, -MESH_SUFFIX.length));
  return service === undefined ? undefined : { is: 'service', service, port };
}

/**
 * The host and path of an absolute-form target (RFC 9112 section 3.2.2): taken apart, not normalized, so that the path
 * arrives as it was sent.
 */
export function parseAbsolute(
  url: string,
): { readonly target: Target; readonly authority: string; readonly path: string } | undefined {
  const match = /^http:\/\/([^/?#]+)([/?].*)?$/i.exec(url);
  const authority = match?.[1] ?? '';
  const target = parseTarget(authority, 80);
  if (target === undefined) return undefined;
  const rest = match?.[2] ?? '/';
  return { target, authority, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** Lower case, without a final dot; an address only in its usual spelling: none in octal, in hexadecimal or in one number. */
function canonicalHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const address = text.slice(1, -1);
    return isIPv6(address) ? address.toLowerCase() : undefined;
  }
  const host = text.toLowerCase().replace(/\.$/, '');
  if (isIPv4(host)) return host;
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  const isName = host.length <= 253 && labels.every((label) => LABEL.test(label)) && /[a-z]/.test(last) && !/^0x/.test(last);
  return isName ? host : undefined;
}
