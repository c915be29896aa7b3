import { isIPv4 } from 'node:net';

const GROUPS = 8;

/**
 * The network that an address is counted with: what one party is usually given whole, an IPv4 /24 or an IPv6 /48.
 *
 * @param address as Node gives it; an IPv4 address seen on an IPv6 socket counts as IPv4
 */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return isIPv4(plain) ? plain.split('.').slice(0, 3).join('.') : expand(plain).slice(0, 3).join(':');
}

function expand(address: string): readonly string[] {
  const [head = '', tail = ''] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(Math.max(0, GROUPS - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after];
}
