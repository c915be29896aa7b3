import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeAnswerHead,
  decodeRequestHead,
  decodeTrailers,
  encodeAnswerHead,
  encodeRequestHead,
  encodeTrailers,
  MAX_FIELDS,
  MAX_HEAD_BYTES,
} from '../../src/http/wire/head-block.ts';
import { readTunnelRequest } from '../../src/http/wire/request-head.ts';

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,20}$/);
const HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];
const fields = fc
  .array(fc.tuple(token, value), { maxLength: 8 })
  .map((pairs) => pairs.filter(([name]) => !HOP.includes(name.toLowerCase())).flat());
const path = fc.stringMatching(/^\/[\x21-\x7e]{0,20}$/);

const lowered = (all: readonly string[]): string[] => all.map((word, index) => (index % 2 === 0 ? word.toLowerCase() : word));

test('what is encoded is decoded, with names in lower case', () => {
  fc.assert(
    fc.property(token, path, fields, (method, target, all) => {
      const head = decodeRequestHead(encodeRequestHead(method, target, all));
      assert.deepEqual(head, { method, path: target, fields: lowered(all) });
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), fields, (status, all) => {
      const head = decodeAnswerHead(encodeAnswerHead(status, all, 'Of Its Own'));
      assert.deepEqual(head, { status, reason: 'Of Its Own', fields: lowered(all) });
    }),
  );
  fc.assert(fc.property(fields, (all) => assert.deepEqual(decodeTrailers(encodeTrailers(all)), lowered(all))));
});

test('nothing that is encoded says more than it was given', () => {
  // Any text at all: what is not refused comes back as it went in, so that no value becomes a field.
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 }),
      (method, target, all) => {
        let block: string;
        try {
          block = encodeRequestHead(method, target, all.flat());
        } catch (error) {
          assert.ok(error instanceof TypeError);
          return;
        }
        const head = decodeRequestHead(block);
        if (head === undefined) assert.ok(all.some(([name]) => HOP.includes(name.toLowerCase())));
        else assert.deepEqual(head, { method, path: target, fields: lowered(all.flat()) });
      },
    ),
    { numRuns: 2000 },
  );
});

test('whatever comes is a head or none, and never throws', () => {
  const line = fc.oneof(
    token,
    value,
    fc.constantFrom('', ' ', 'host', 'GET', '/', '200', 'connection', '\r', '\0', 'content-length'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), (lines, isEnd) => {
      const block = lines.join('\n');
      decodeAnswerHead(block);
      decodeTrailers(block);
      const head = readTunnelRequest(block, isEnd);
      if (typeof head === 'string') return;
      assert.equal(head.fields.filter((name, index) => index % 2 === 0 && name === 'host').length, 1);
      assert.ok(head.path === '*' || head.path.startsWith('/'));
    }),
    { numRuns: 2000 },
  );
});

const REFUSED: Readonly<Record<string, string>> = {
  'no path': 'GET\n\nhost\na',
  'no host': 'GET\n/',
  'two hosts': 'GET\n/\nhost\na\nhost\na',
  'a name in capitals': 'GET\n/\nHost\na',
  'a name with a space': 'GET\n/\nhost\na\nx y\n1',
  'an empty name': 'GET\n/\nhost\na\n\n1',
  'a name without a value': 'GET\n/\nhost\na\nx',
  'a carriage return in a value': 'GET\n/\nhost\na\nx\n1\r',
  'NUL in a value': 'GET\n/\nhost\na\nx\n\0',
  'DEL in a value': 'GET\n/\nhost\na\nx\n\x7f',
  'a space in the path': 'GET\n/a b\nhost\na',
  'a path beyond ASCII': 'GET\n/\xe9\nhost\na',
  'an absolute target': 'GET\nhttp://a/\nhost\na',
  CONNECT: 'CONNECT\na:1\nhost\na',
  'a method that is no token': 'GE T\n/\nhost\na',
  connection: 'GET\n/\nhost\na\nconnection\nclose',
  'transfer-encoding': 'GET\n/\nhost\na\ntransfer-encoding\nchunked',
  upgrade: 'GET\n/\nhost\na\nupgrade\nwebsocket',
  'two lengths': 'POST\n/\nhost\na\ncontent-length\n1\ncontent-length\n1',
  'a length with a sign': 'POST\n/\nhost\na\ncontent-length\n+1',
  'a list of lengths': 'POST\n/\nhost\na\ncontent-length\n1,1',
  '* for GET': 'GET\n*\nhost\na',
};

for (const [name, block] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, () => assert.equal(typeof readTunnelRequest(block, false), 'string'));
}

test('a length without a body is refused, and one of nothing is none', () => {
  assert.equal(typeof readTunnelRequest('POST\n/\nhost\na\ncontent-length\n1', true), 'string');
  const head = readTunnelRequest('POST\n/\nhost\na\ncontent-length\n0', true);
  assert.ok(typeof head !== 'string' && head.declared === 0);
});

test('heads that are too large are refused on both sides', () => {
  const large = ['x-large', 'y'.repeat(MAX_HEAD_BYTES)];
  assert.throws(() => encodeRequestHead('GET', '/', large), TypeError);
  const many = Array.from({ length: MAX_FIELDS + 1 }, () => ['x', '1']).flat();
  assert.throws(() => encodeAnswerHead(200, many), TypeError);
  assert.equal(decodeRequestHead(`GET\n/\nhost\na\nx\n${'y'.repeat(MAX_HEAD_BYTES)}`), undefined);
  assert.equal(decodeAnswerHead(`200\n${many.join('\n')}`), undefined);
});
