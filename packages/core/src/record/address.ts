import { isIPv4, isIPv6 } from 'node:net';
import { integer, object, ShapeError, text, type Shape } from '../encoding/shape.ts';

/** A host and port that a peer may dial. */
export interface Address {
  /** An IPv4 address in dotted form, an IPv6 address in RFC 5952 form without a zone, or a DNS name in lower case. */
  readonly host: string;
  readonly port: number;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const hostShape: Shape<string> = text(/^[a-z0-9.:-]{1,253}$/, 'a host in lower case');
export const portShape: Shape<number> = integer(1, 65_535);

const fields = object<Address>({ host: hostShape, port: portShape });

/** Reads a host and port. The host is in its one canonical spelling. */
export const addressShape: Shape<Address> = (value, path) => checkHost(fields(value, path), path);

/** @throws ShapeError where the host is neither an address in its one spelling nor a DNS name */
export function checkHost<A extends Address>(address: A, path: string): A {
  if (isDialableHost(address.host)) return address;
  throw new ShapeError(`${path}.host`, 'an IPv4 or IPv6 unicast address in its one spelling, or a DNS name');
}

/** Whether a peer may dial it, and by no other spelling: an IPv4 or IPv6 unicast address, or a DNS name in lower case. */
export function isDialableHost(host: string): boolean {
  return host.length <= 253 && (isUnicastIPv4(host) || isUnicastIPv6(host) || isDnsName(host));
}

// Octal, hexadecimal and one-number spellings are no address for isIPv4. 0.0.0.0 would be dialled as the reader's own machine.
function isUnicastIPv4(host: string): boolean {
  const first = isIPv4(host) ? Number(host.split('.', 1)[0]) : 0;
  return first > 0 && first < 224;
}

// One spelling for each address, and none that embeds an IPv4 address (::/96 but for ::1, ::ffff:0:0/96): a rule about the
// IPv4 address would not see it.
function isUnicastIPv6(host: string): boolean {
  if (!isIPv6(host) || new URL(`http://[${host}]/`).hostname !== `[${host}]`) return false;
  return host === '::1' || !/^(?:ff|::(?:$|[0-9a-f]{1,4}(?::[0-9a-f]{1,4})?$|ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}$))/.test(host);
}

// A last label that starts as a hexadecimal number does would be read as an IPv4 address by inet_aton.
function isDnsName(host: string): boolean {
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  return labels.every((label) => LABEL.test(label)) && /[a-z]/.test(last) && !last.startsWith('0x');
}
