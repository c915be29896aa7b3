import { BlockList, isIPv4 } from 'node:net';

/**
 * Addresses that belong to this machine, its link or its cloud's metadata service, and that no name of the internet has a
 * reason to lead to (RFC 6890 and its registries).
 */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  // Metadata of Alibaba Cloud, and of Oracle Cloud's older releases.
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  // The platform of Azure, which hands a machine its certificates and settings; public by its number only.
  ['168.63.129.16', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const SPECIAL_V6: readonly (readonly [string, number])[] = [
  ['::', 127],
  ['fe80::', 10],
  // Formerly site-local.
  ['fec0::', 10],
  ['ff00::', 8],
  // Metadata of Amazon Web Services, and of Google Cloud.
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
];

/** Where the last 32 bits, or in 6to4 the second and third group, are an IPv4 address. */
const EMBEDDING: readonly (readonly [string, number])[] = [
  ['::ffff:0:0', 96],
  ['::ffff:0:0:0', 96],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
];

const special = new BlockList();
for (const [net, bits] of SPECIAL_V4) special.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of SPECIAL_V6) special.addSubnet(net, bits, 'ipv6');
const embedding = new BlockList();
for (const [net, bits] of EMBEDDING) embedding.addSubnet(net, bits, 'ipv6');
const sixToFour = new BlockList();
sixToFour.addSubnet('2002::', 16, 'ipv6');

/** @param address an IPv4 or IPv6 address, as a resolver or a user writes it */
export function isSpecialAddress(address: string): boolean {
  if (isIPv4(address)) return special.check(address, 'ipv4');
  const [text = ''] = address.split('%');
  if (special.check(text, 'ipv6')) return true;
  const groups = groupsOf(text);
  if (embedding.check(text, 'ipv6')) return special.check(dotted(groups[6], groups[7]), 'ipv4');
  return sixToFour.check(text, 'ipv6') && special.check(dotted(groups[1], groups[2]), 'ipv4');
}

/** The eight groups of an IPv6 address (RFC 4291 section 2.2). */
function groupsOf(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = hex.split('::');
  const before = parseGroups(head);
  const after = parseGroups(tail ?? '');
  return tail === undefined ? before : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function parseGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function dotted(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
