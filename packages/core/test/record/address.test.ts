import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../src/encoding/canonical-json.ts';
import { ShapeError } from '../../src/encoding/shape.ts';
import { addressShape } from '../../src/record/address.ts';
import { endpointShape } from '../../src/record/endpoint.ts';

function isHost(host: string): boolean {
  try {
    return addressShape({ host, port: 443 }, '').host === host;
  } catch (error) {
    assert.ok(error instanceof ShapeError, String(error));
    return false;
  }
}

const HOSTS = [
  '127.0.0.1',
  '10.0.0.1',
  '192.0.2.255',
  '223.255.255.255',
  '::1',
  '2001:db8::1',
  '2001:db8:0:1:1:1:1:1',
  'fe80::1',
  'fd00::1:0:0:1',
  '64:ff9b::1',
  'localhost',
  'orders.internal',
  'a.b.c.d.e',
  '1.2.3.a',
  'xn--bcher-kva.example',
  'a--b',
  `${'a'.repeat(63)}.b`,
] as const;

test('an address has its one spelling, and a name is one in lower case', () => {
  for (const host of HOSTS) assert.ok(isHost(host), host);
});

const ODD = [
  // 127.0.0.1 in other words.
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0x7f.0.0.0x1',
  '127.0.0.0x1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.01',
  '127.0.0.001',
  '127.0.0.1.',
  '127.0.0.1:80',
  '127.0.0.1/8',
  ' 127.0.0.1',
  '127.0.0.1\n',
  '127.0.0.1\0',
  '127。0。0。1',
  '①②⑦.0.0.1',
  '127.0.0.256',
  '127.0.0.-1',
  // Addresses that name nobody, or many.
  '0',
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '0::',
  'ff02::1',
  // ::1 and others in other words.
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::0001',
  '0::1',
  '::1%lo',
  'fe80::1%25eth0',
  '2001:DB8::1',
  '2001:db8::0:1',
  '2001:0db8::1',
  '2001:db8:0:0:1:1:1:1',
  '2001:db8::1:1:1:1:1',
  '1::2::3',
  ':1',
  '1:',
  // IPv4 inside IPv6.
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0:0',
  '::127.0.0.1',
  '::7f00:1',
  '::2',
  // No names.
  '',
  '.',
  '-',
  'a.',
  '.a',
  'a..b',
  '-a',
  'a-',
  'a_b',
  'Localhost',
  'LOCALHOST',
  'a b',
  'user@host',
  'host/path',
  'host?q',
  'host#f',
  'http://host',
  'host:443',
  '%6cocalhost',
  'a\\b',
  'bücher.example',
  'ⓛocalhost',
  '*',
  '*.example',
  '1.2',
  'a.0x1',
  `${'a'.repeat(64)}.b`,
  `${'a.'.repeat(127)}`,
  'a'.repeat(254),
] as const;

for (const host of ODD) {
  test(`no host: ${JSON.stringify(host.length > 40 ? `${host.slice(0, 37)}...` : host)}`, () => {
    assert.ok(!isHost(host));
  });
}

test('of all spellings of an IPv6 address one is taken', () => {
  fc.assert(
    fc.property(fc.ipV6(), (host) => {
      if (isHost(host)) assert.equal(new URL(`http://[${host}]/`).hostname, `[${host}]`);
    }),
    { numRuns: 300 },
  );
});

test('every IPv4 address of one machine is taken as it is commonly written', () => {
  fc.assert(
    fc.property(fc.ipV4(), (host) => {
      const first = Number(host.split('.')[0]);
      assert.equal(isHost(host), first > 0 && first < 224, host);
    }),
  );
});

test('a port is from 1 to 65535', () => {
  for (const port of [1, 443, 65_535]) assert.deepEqual(addressShape({ host: 'a', port }, ''), { host: 'a', port });
  for (const port of [0, -1, 65_536, 1.5, '443', null, [443], true])
    assert.throws(() => addressShape({ host: 'a', port }, ''), ShapeError);
});

test('an address is nothing but a host and a port, an endpoint says what it speaks as well', () => {
  const others: readonly Json[] = [
    '127.0.0.1:443',
    { host: 'a' },
    { port: 1 },
    { host: 'a', port: 1, path: '/' },
    [],
    null,
    { host: ['a'], port: 1 },
  ];
  for (const other of others) assert.throws(() => addressShape(other, ''), ShapeError);
  const endpoint = { host: '::1', port: 1, alpn: ['themis/1', 'h2'] };
  assert.deepEqual(endpointShape(endpoint, ''), endpoint);
  const odd: readonly Json[] = [
    { host: 'a', port: 1 },
    { ...endpoint, alpn: [] },
    { ...endpoint, alpn: ['H2'] },
    { ...endpoint, alpn: ['a'.repeat(33)] },
    { ...endpoint, alpn: Array.from({ length: 9 }, () => 'h2') },
    { ...endpoint, host: '::ffff:127.0.0.1' },
    { ...endpoint, host: '0.0.0.0' },
  ];
  for (const other of odd) assert.throws(() => endpointShape(other, ''), ShapeError, JSON.stringify(other));
});
