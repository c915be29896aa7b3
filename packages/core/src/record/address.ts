import { isIPv4, isIPv6 } from 'node:net';
import { integer, object, ShapeError, text, type Shape } from '../encoding/shape.ts';

/** A host and port that a peer may dial. */
export interface Address {
  /** An IPv4 address in dotted form, an IPv6 address in lower case without a zone, or a DNS name in lower case. */
  readonly host: string;
  readonly port: number;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const hostShape: Shape<string> = text(/^[a-z0-9.:-]{1,253}$/, 'a host in lower case');
export const portShape: Shape<number> = integer(1, 65_535);

const fields = object<Address>({ host: hostShape, port: portShape });

/** Reads a host and port. The host is in its one canonical spelling. */
export const addressShape: Shape<Address> = (value, path) => checkHost(fields(value, path), path);

/** @throws ShapeError where the host is neither an address in its usual spelling nor a DNS name */
export function checkHost<A extends Address>(address: A, path: string): A {
  // Octal, hexadecimal and one-number spellings of IPv4 are neither an address for isIPv4 nor a name for isDnsName.
  if (isIPv4(address.host) || isIPv6(address.host) || isDnsName(address.host)) return address;
  throw new ShapeError(`${path}.host`, 'an IPv4 or IPv6 address or a DNS name');
}

function isDnsName(host: string): boolean {
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  return labels.every((label) => LABEL.test(label)) && /[a-z]/.test(last) && !last.startsWith('0x');
}
