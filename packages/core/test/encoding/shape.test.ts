import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../src/encoding/canonical-json.ts';
import {
  array,
  base64url,
  digest,
  extension,
  integer,
  literal,
  object,
  oneOf,
  optional,
  record,
  ShapeError,
  text,
  time,
  type Shape,
} from '../../src/encoding/shape.ts';

interface Pair {
  readonly a: number;
  readonly b?: string;
}

const pair = object<Pair>({ a: integer(0, 9), b: optional(text(/^[xy]$/, 'x or y')) });

function reads<T>(shape: Shape<T>, value: Json): boolean {
  try {
    shape(value, '');
    return true;
  } catch (error) {
    assert.ok(error instanceof ShapeError, String(error));
    return false;
  }
}

test('an object has the fields of its shape and no others', () => {
  assert.deepEqual(pair({ a: 1 }, ''), { a: 1 });
  assert.deepEqual(pair({ a: 1, b: 'x' }, ''), { a: 1, b: 'x' });
  const others: readonly Json[] = [
    {},
    { b: 'x' },
    { a: 1, c: 1 },
    { a: 1, b: null },
    { a: null },
    [],
    [1],
    null,
    'a',
    1,
    true,
    { a: 1, ext: {} },
  ];
  for (const other of others) assert.ok(!reads(pair, other), JSON.stringify(other));
});

test('a name inherited from Object.prototype is no field', () => {
  const shape = object<{ constructor: number }>({ constructor: integer(0, 9) });
  assert.ok(!reads(shape, {}));
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.ok(!reads(pair, JSON.parse(`{"a":1,"${name}":{"b":"x"}}`) as Json), name);
  }
});

test('what was read cannot be changed', () => {
  const list = array(pair, { max: 2 })([{ a: 1 }], '');
  assert.ok(Object.isFrozen(list) && Object.isFrozen(list[0]));
});

test('an error says where, and what was wanted there', () => {
  const shape = object<{ list: readonly Pair[] }>({ list: array(pair, { max: 2 }) });
  assert.throws(() => shape({ list: [{ a: 1 }, { a: 10 }] }, ''), {
    name: 'ShapeError',
    message: 'list[1].a must be an integer from 0 to 9',
  });
  assert.throws(
    () => shape({ list: [{ a: 1, [`${'x'.repeat(500)}`]: 1 }] }, ''),
    (error: Error) => error.message.length < 100,
  );
  assert.throws(() => shape(null, ''), { message: 'the statement must be an object' });
});

test('an array has a least and a greatest length', () => {
  const shape = array(integer(0, 9), { min: 1, max: 2 });
  assert.deepEqual(
    [[], [1], [1, 2], [1, 2, 3]].map((value) => reads(shape, value)),
    [false, true, true, false],
  );
  for (const other of [{ length: 1, 0: 1 }, 'a', null, [1, 'a']]) assert.ok(!reads(shape, other));
});

test('a map has names of a grammar, and is a Map', () => {
  const shape = record(/^[a-z]+$/, integer(0, 9), 2);
  assert.deepEqual(
    [...shape({ a: 1, constructor: 2 }, '')],
    [
      ['a', 1],
      ['constructor', 2],
    ],
  );
  const others: readonly Json[] = [{ A: 1 }, { a: 'x' }, { a: 1, b: 2, c: 3 }, [], null, JSON.parse('{"__proto__":1}') as Json];
  for (const other of others) assert.ok(!reads(shape, other), JSON.stringify(other));
});

test('integers are safe, whole and in range; nothing is converted', () => {
  const shape = integer(0, Number.MAX_SAFE_INTEGER);
  assert.ok(reads(shape, 0) && reads(shape, Number.MAX_SAFE_INTEGER));
  for (const other of [-1, 0.5, 2 ** 53, 2 ** 53 + 2, 2 ** 64, 1e308, NaN, Infinity, '1', true, null, [1]])
    assert.ok(!reads(shape, other), String(other));
});

test('times are seconds from 2020 to 9999', () => {
  assert.ok(reads(time, 1_577_836_800) && reads(time, 253_402_300_799));
  for (const other of [
    0,
    -1,
    1_577_836_799,
    253_402_300_800,
    1_800_000_000_000,
    1.8e9 + 0.5,
    '1800000000',
    '2027-01-15T08:00:00Z',
  ]) {
    assert.ok(!reads(time, other), String(other));
  }
});

test('a digest is 43 characters that encode 32 bytes in the one way', () => {
  const good = `${'A'.repeat(42)}E`;
  assert.ok(reads(digest, good));
  for (const other of [`${'A'.repeat(42)}F`, 'A'.repeat(42), 'A'.repeat(44), `${good}=`, `${'A'.repeat(41)}+E`, '', null, 1])
    assert.ok(!reads(digest, other), String(other));
});

test('bytes have a least and a greatest length', () => {
  const shape = base64url(1, 2);
  assert.deepEqual(
    ['', 'AA', 'AAA', 'AAAA', 'AB', 'AA==', 1].map((value) => reads(shape, value)),
    [false, true, true, false, false, false, false],
  );
});

test('one of some words, or that one word', () => {
  const shape = oneOf('a', 'b');
  assert.deepEqual(
    ['a', 'b', 'c', '', 'toString', 0].map((value) => reads(shape, value)),
    [true, true, false, false, false, false],
  );
  assert.deepEqual(
    [1, '1', true, 2].map((value) => reads(literal(1), value)),
    [true, false, false, false],
  );
});

test('a text must match from end to end', () => {
  const shape = text(/^[a-z]{1,3}$/, 'a word');
  assert.deepEqual(
    ['abc', '', 'abcd', 'abc\n', '\nabc', 'ABC', 1].map((value) => reads(shape, value)),
    [true, false, false, false, false, false, false],
  );
});

test('an extension is any object of at most 4 KiB, counted in bytes', () => {
  const of = (filler: string): Json => ({ a: filler });
  assert.ok(reads(extension, {}) && reads(extension, { anything: [{ at: 'all' }] }));
  assert.ok(reads(extension, of('x'.repeat(4096 - 8))));
  for (const other of [of('x'.repeat(4097 - 8)), of('€'.repeat(1400)), [], 'a', null, 1]) assert.ok(!reads(extension, other));
});
