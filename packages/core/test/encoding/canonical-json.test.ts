import assert from 'node:assert/strict';
import { test } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, parseCanonicalJson, type Json } from '../../src/encoding/canonical-json.ts';

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((value) => value + 0),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toJSON', '10', '9', '')),
      tie('value'),
      {
        maxKeys: 5,
        noNullPrototype: false,
      },
    ),
  ),
})).value;

test('the form is the one that another implementation of RFC 8785 makes', () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.equal(canonicalJson(value), canonicalize(value));
    }),
    { numRuns: 500 },
  );
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.deepEqual(parseCanonicalJson(Buffer.from(canonicalJson(value))), JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 300 },
  );
});

test('of all texts of a value only the canonical one is read', () => {
  fc.assert(
    fc.property(json, fc.constantFrom(1, '\t'), (value, indent) => {
      const written = canonicalJson(value);
      const other = JSON.stringify(value, null, indent);
      assert.equal(parseCanonicalJson(Buffer.from(other)) !== undefined, other === written);
      assert.equal(parseCanonicalJson(Buffer.from(` ${written}`)), undefined);
      assert.equal(parseCanonicalJson(Buffer.from(`${written}\n`)), undefined);
    }),
  );
});

test('members are ordered by UTF-16 code units, as RFC 8785 section 3.2.3 has it', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const written = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
  assert.deepEqual(Object.keys(JSON.parse(written) as object), ['1', '\r', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']);
});

const NOT_CANONICAL: Readonly<Record<string, string | readonly number[]>> = {
  nothing: '',
  'white space': '{"a": 1}',
  'white space around': '[1]\n',
  'members out of order': '{"b":1,"a":2}',
  'numbers as names in numeric order': '{"9":1,"10":2}',
  'a name twice with one value': '{"a":1,"a":1}',
  'a name twice with two values': '{"a":1,"a":2}',
  'a name twice, once escaped': '{"a":1,"\\u0061":1}',
  '__proto__ twice': '{"__proto__":{},"__proto__":{}}',
  'minus zero': '-0',
  'a fraction': '1.5',
  'an integer with a fraction': '1.0',
  'an integer with an exponent': '1e3',
  'an integer beyond 2^53': '9007199254740992',
  'an integer below -2^53': '-9007199254740992',
  'an integer that loses its last digit': '9007199254740993',
  'a number beyond the range': '1e400',
  'a leading zero': '01',
  'a plus sign': '+1',
  'not a number': 'NaN',
  'a needless escape': '"\\u0041"',
  'an escaped slash': '"\\/"',
  'an upper-case escape': '"\\u001F"',
  'an escape with a short form': '"\\u000a"',
  'an escaped character beyond ASCII': '"\\u00e9"',
  'an escaped surrogate pair': '"\\ud83d\\ude00"',
  'a lone high surrogate, escaped': '"\\ud800"',
  'a lone low surrogate, escaped': '"\\udc00"',
  'a lone surrogate in a name': '{"\\ud800":1}',
  'a lone surrogate in UTF-8': [0x22, 0xed, 0xa0, 0x80, 0x22],
  'a byte order mark': '\ufeff{}',
  'a byte order mark behind the value': '{}\ufeff',
  'UTF-16': [0x7b, 0x00, 0x7d, 0x00],
  'overlong UTF-8': [0x22, 0xc1, 0x81, 0x22],
  'an overlong NUL': [0x22, 0xc0, 0x80, 0x22],
  'UTF-8 beyond U+10FFFF': [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
  'cut off UTF-8': [0x22, 0xe2, 0x82, 0x22],
  'a control character': '"\u0001"',
  'a comment': '{}//',
  'a trailing comma': '[1,]',
  'two values': '{}{}',
  'single quotes': "{'a':1}",
  'nesting of 34': '['.repeat(34) + ']'.repeat(34),
  'nesting of 100,000': '['.repeat(100_000) + ']'.repeat(100_000),
  'objects nested 100,000 deep': '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
  'brackets that never close': '['.repeat(1_000_000),
};

for (const [name, text] of Object.entries(NOT_CANONICAL)) {
  test(`not read: ${name}`, () => {
    assert.equal(parseCanonicalJson(Buffer.from(text as string)), undefined);
  });
}

test('names of Object.prototype are names like all others', () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const value = parseCanonicalJson(Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
  assert.ok(typeof value === 'object' && value !== null);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
});

test('what JSON of safe integers cannot hold is not written', () => {
  const cycle: Json[] = [];
  cycle.push(cycle);
  const unwritable: readonly unknown[] = [
    1.5,
    -0,
    NaN,
    Infinity,
    2 ** 53,
    '\ud800',
    { '\udc00': 1 },
    undefined,
    [undefined],
    { a: undefined },
    1n,
    cycle,
  ];
  for (const value of unwritable) assert.throws(() => canonicalJson(value as Json), TypeError);
});

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      parseCanonicalJson(bytes);
    }),
  );
});
