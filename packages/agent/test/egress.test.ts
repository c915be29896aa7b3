import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { ThemisError } from '@themis-mesh/core';
import fc from 'fast-check';
import { Egress } from '../src/proxy/egress.ts';
import { parseEgress, permits, type EgressRule } from '../src/proxy/egress-rule.ts';
import { isSpecialAddress } from '../src/proxy/special-address.ts';
import { parseAbsolute, parseTarget } from '../src/proxy/target.ts';
import { ask, echo, proxyOf } from './proxy-bed.ts';
import { dialPlain, listenPlain, readUntil } from './raw.ts';
import { TestHome } from './test-home.ts';

/** How this machine, its link and its cloud can be spelled. */
const SPECIAL = [
  ...['127.0.0.1', '127.1.2.3', '0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.0.1', '100.100.100.200', '192.0.0.192'],
  ...['168.63.129.16', '::ffff:168.63.129.16', '64:ff9b::a83f:8110', '2002:a83f:8110::'],
  ...['224.0.0.1', '255.255.255.255', '240.0.0.1', '::1', '::', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:0:127.0.0.1', '::ffff:0.0.0.0'],
  ...['fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1', 'fd00:ec2::254', 'fd20:ce::254', '64:ff9b::127.0.0.1'],
  ...['64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2002:a9fe:a9fe::1', '::169.254.169.254', '::2'],
];

const ORDINARY = [
  ...['8.8.8.8', '10.0.0.7', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.253.0.1', '1.1.1.1', '223.255.255.255'],
  ...['2001:db8::1', 'fd00::1', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1', '2606:4700::1111'],
];

/** Other spellings of the same addresses, which are neither an address nor a name. */
const MISSPELLED = [
  ...[
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    '127.1',
    '127.0.1',
    '017700000001',
    '127.0.0.1.nip.0x7f',
    '1.2.3.4.5',
  ],
  ...[
    '127。0。0。1',
    '①②⑦.0.0.1',
    '127.0.0.1%00',
    '127.0.0.1 ',
    ' 127.0.0.1',
    '127.0.0.256',
    '[127.0.0.1]',
    '[::1',
    '::1',
    '[::1%lo]',
  ],
  ...[
    'a..b',
    '.a',
    '-a.b',
    'a-.b',
    'a_.0x1',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(130)}b`,
    '',
    '*',
    '*.a',
    'a,b',
    'a;b',
    'a\tb',
  ],
];

test('addresses of this machine, its link and its cloud are told from others', () => {
  for (const address of SPECIAL) assert.equal(isSpecialAddress(address), true, address);
  for (const address of ORDINARY) assert.equal(isSpecialAddress(address), false, address);
});

test('an address has one spelling', () => {
  for (const host of MISSPELLED) {
    assert.equal(parseTarget(`${host}:80`), undefined, host);
    assert.equal(parseAbsolute(`http://${host}/`), undefined, host);
  }
  assert.deepEqual(parseTarget('[::FFFF:127.0.0.1]:80'), { is: 'outside', host: '::ffff:127.0.0.1', port: 80 });
  assert.deepEqual(parseTarget('Example.ORG.:443'), { is: 'outside', host: 'example.org', port: 443 });
});

test('whatever is parsed as a target is in one form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 40 }), fc.webAuthority(), fc.domain()), (text) => {
      const target = parseTarget(text, 80);
      if (target === undefined || target.is === 'service') return;
      const shown = target.host.includes(':') ? `[${target.host}]` : target.host;
      assert.deepEqual(parseTarget(`${shown}:${target.port}`), target);
      assert.doesNotMatch(target.host, /[^a-z0-9_.:-]|mesh\.internal$/);
    }),
  );
});

test('a rule permits what it names', () => {
  const rule = parseEgress(['api.example.com', '*.example.org', '10.0.0.7:8443', '2001:db8::1', 'Upper.example:80']);
  const cases: readonly (readonly [string, number, boolean])[] = [
    ['api.example.com', 443, true],
    ['example.com', 443, false],
    ['x.api.example.com', 443, false],
    ['a.example.org', 80, true],
    ['a.b.example.org', 80, true],
    ['example.org', 80, false],
    ['notexample.org', 80, false],
    ['10.0.0.7', 8443, true],
    ['10.0.0.7', 443, false],
    ['2001:db8::1', 1, true],
    ['upper.example', 80, true],
    ['upper.example', 81, false],
  ];
  for (const [host, port, expected] of cases) assert.equal(permits(rule, host, port), expected, `${host}:${port}`);
  assert.equal(permits(parseEgress(['deny']), 'a.b', 80), false);
  assert.equal(permits(parseEgress([]), 'a.b', 80), false);
  assert.equal(permits(parseEgress(['allow']), 'a.b', 80), true);
  for (const bad of [
    '',
    'http://a.b',
    'a.b/c',
    '*',
    '*.10.0.0.1',
    'a b',
    '10.0.0.0/8',
    'orders.mesh.internal',
    '*.*',
    '0177.0.0.1',
    'a:0',
  ]) {
    assert.throws(
      () => parseEgress([bad]),
      (error) => ThemisError.is(error, 'THEMIS_CONFIG_INVALID'),
      bad,
    );
  }
  for (const mixed of [
    ['allow', 'a.b'],
    ['a.b', 'deny'],
    ['allow', 'deny'],
  ]) {
    assert.throws(
      () => parseEgress(mixed),
      (error) => ThemisError.is(error, 'THEMIS_CONFIG_INVALID'),
    );
  }
});

test('a name that leads to a special address leads nowhere, unless the rule names that address', async () => {
  const to = (rule: EgressRule, ...addresses: string[]) => {
    const found: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    return new Egress(rule, () => Promise.resolve(found));
  };
  const denied = (error: unknown): boolean => ThemisError.is(error, 'THEMIS_EGRESS_DENIED');
  for (const address of SPECIAL) {
    for (const rule of [parseEgress(['allow']), parseEgress(['evil.example'])]) {
      await assert.rejects(to(rule, address).connect('evil.example', 80), denied, address);
      await assert.rejects(to(rule, '8.8.8.8', address).connect('evil.example', 80), denied, address);
    }
  }
  for (const literal of ['127.0.0.1', '::1', '169.254.169.254']) {
    await assert.rejects(to(parseEgress(['allow'])).connect(literal, 80), denied);
  }
});

test('egress by plain HTTP and by CONNECT reaches what is allowed, once resolved', async () => {
  await using home = await TestHome.create('web');
  const outside = await home.serve((request, response) => response.end(`${echo(request)}\n`));
  const raw = await listenPlain(home, (socket) => socket.pipe(socket));
  const { port, credential } = await proxyOf(home, { egress: [`127.0.0.1:${outside}`, `localhost:${raw}`] });
  const fields = `host: spoofed\r\nproxy-authorization: ${credential}\r\nx-themis-caller: web\r\nx-kept: 1\r\n`;

  const answer = await ask(port, `GET http://127.0.0.1:${outside}/p?q HTTP/1.1\r\n${fields}\r\n`);
  assert.match(answer, /^HTTP\/1.1 200 /);
  const seen = JSON.parse(answer.slice(answer.indexOf('{'))) as { url: string; headers: Record<string, string> };
  assert.equal(seen.url, '/p?q');
  assert.equal(seen.headers['host'], `127.0.0.1:${outside}`);
  assert.deepEqual(Object.keys(seen.headers).sort(), ['connection', 'host', 'x-kept']);

  const socket = await dialPlain(port);
  socket.write(`CONNECT localhost:${raw} HTTP/1.1\r\n${fields}\r\n`);
  assert.match(await readUntil(socket, '\r\n\r\n'), /^HTTP\/1.1 200 /);
  socket.write('bytes');
  await readUntil(socket, 'bytes');
  socket.destroy();

  for (const [line, expected] of [
    [`GET http://127.0.0.1:${raw}/`, /^HTTP\/1.1 403 [^]*EGRESS_DENIED/],
    [`CONNECT 127.0.0.1:${raw}`, /^HTTP\/1.1 403 [^]*EGRESS_DENIED/],
    [`CONNECT [::ffff:127.0.0.1]:${outside}`, /^HTTP\/1.1 403 [^]*EGRESS_DENIED/],
    [`CONNECT 127.0.0.2:${outside}`, /^HTTP\/1.1 403 /],
    [`GET http://0x7f000001:${outside}/`, /^HTTP\/1.1 400 /],
  ] as const) {
    assert.match(await ask(port, `${line} HTTP/1.1\r\n${fields}\r\n`), expected, line);
  }
});

test('a host outside that is not there is 502, and tells no local secret', async () => {
  await using home = await TestHome.create('web');
  const { port, credential } = await proxyOf(home, { egress: ['127.0.0.1', 'nowhere.invalid'] });
  for (const host of ['127.0.0.1:1', 'nowhere.invalid']) {
    const fields = `host: ${host}\r\nproxy-authorization: ${credential}\r\n`;
    assert.match(await ask(port, `GET http://${host}/ HTTP/1.1\r\n${fields}\r\n`), /^HTTP\/1.1 502 [^]*THEMIS_EGRESS_FAILED/);
  }
});
