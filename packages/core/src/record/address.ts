import { isIPv4, isIPv6 } from 'node:net';
import { integer, object, ShapeError, text, type Shape } from '../encoding/shape.ts';

/** Where an instance listens. */
export interface Address {
  /** An IPv4 address in dotted form, an IPv6 address in lower case without a zone, or a DNS name in lower case. */
  readonly host: string;
  readonly port: number;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const fields = object<Address>({ host: text(/^[a-z0-9.:-]{1,253}$/, 'a host in lower case'), port: integer(1, 65_535) });

export const addressShape: Shape<Address> = (value, path) => {
  const address = fields(value, path);
  // Octal, hexadecimal and one-number spellings of IPv4 are neither an address for isIPv4 nor a name for isDnsName.
  if (isIPv4(address.host) || isIPv6(address.host) || isDnsName(address.host)) return address;
  throw new ShapeError(`${path}.host`, 'an IPv4 or IPv6 address or a DNS name');
};

function isDnsName(host: string): boolean {
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  return labels.every((label) => LABEL.test(label)) && /[a-z]/.test(last) && !last.startsWith('0x');
}
