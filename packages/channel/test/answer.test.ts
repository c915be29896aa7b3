import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CERTIFICATE_REFUSALS, type RefusalCode } from '@themis-mesh/core';
import { decodeAnswer, encodeAnswer, MAX_ANSWER_BYTES } from '@themis-mesh/channel';

const clocks = fc.nat(Number.MAX_SAFE_INTEGER);
const codes = fc.constantFrom(...(Object.keys(CERTIFICATE_REFUSALS) as RefusalCode[]));

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(clocks, fc.option(codes, { nil: undefined }), (clock, code) => {
      const bytes = encodeAnswer(clock, code);
      assert.equal(bytes.readUInt16BE(), bytes.length - 2);
      assert(bytes.length - 2 <= MAX_ANSWER_BYTES);
      const answer = code === undefined ? { answer: 'accepted', clock } : { answer: 'refused', clock, code };
      assert.deepEqual(decodeAnswer(bytes.subarray(2)), answer);
    }),
  );
});

test('the form on the wire', () => {
  const accepted = '{"answer":"accepted","clock":1700000000000,"v":1}';
  assert.deepEqual(
    encodeAnswer(1_700_000_000_000),
    Buffer.from(`\0${String.fromCharCode(accepted.length)}${accepted}`, 'latin1'),
  );
  const refused = encodeAnswer(1_700_000_000_000, 'member-removed').subarray(2).toString();
  assert.equal(refused, '{"answer":"refused","clock":1700000000000,"code":"member-removed","v":1}');
});

test('a code of a newer release is read too', () => {
  const body = Buffer.from('{"answer":"refused","clock":5,"code":"moon-phase","v":1}');
  assert.deepEqual(decodeAnswer(body), { answer: 'refused', clock: 5, code: 'moon-phase' });
});

const MALFORMED = {
  nothing: '',
  'no JSON': 'accepted',
  'a list': '[]',
  null: 'null',
  'a number': '1',
  'no version': '{"answer":"accepted","clock":1}',
  'version 2': '{"answer":"accepted","clock":1,"v":2}',
  'a version in letters': '{"answer":"accepted","clock":1,"v":"1"}',
  'no answer': '{"clock":1,"v":1}',
  'another answer': '{"answer":"perhaps","clock":1,"v":1}',
  'no clock': '{"answer":"accepted","v":1}',
  'a clock before 1970': '{"answer":"accepted","clock":-1,"v":1}',
  'a clock with a fraction': '{"answer":"accepted","clock":1.5,"v":1}',
  'a clock beyond safe integers': '{"answer":"accepted","clock":9007199254740993,"v":1}',
  'a clock in letters': '{"answer":"accepted","clock":"1","v":1}',
  'accepted, with a code': '{"answer":"accepted","clock":1,"code":"leaf-expired","v":1}',
  'refused, without a code': '{"answer":"refused","clock":1,"v":1}',
  'a code with a line break': '{"answer":"refused","clock":1,"code":"a\\nb","v":1}',
  'an empty code': '{"answer":"refused","clock":1,"code":"","v":1}',
  'a code of 65 characters': `{"answer":"refused","clock":1,"code":"${'a'.repeat(65)}","v":1}`,
  'one field more': '{"answer":"accepted","clock":1,"more":1,"v":1}',
  __proto__: '{"__proto__":{"answer":"accepted"},"clock":1,"v":1}',
  'another order': '{"v":1,"answer":"accepted","clock":1}',
  'white space': '{"answer":"accepted","clock":1,"v":1} ',
  'a byte order mark': '\ufeff{"answer":"accepted","clock":1,"v":1}',
  'a field twice': '{"answer":"refused","answer":"accepted","clock":1,"v":1}',
} as const;

for (const [defect, body] of Object.entries(MALFORMED)) {
  test(`no answer: ${defect}`, () => {
    assert.equal(decodeAnswer(Buffer.from(body)), undefined);
  });
}

test('whatever the bytes are, there is an answer of the two or none, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: MAX_ANSWER_BYTES }), (bytes) => {
      assert.equal(decodeAnswer(bytes), undefined);
    }),
    { numRuns: 2000 },
  );
});

test('one bit of a good answer changed: another answer or none', () => {
  fc.assert(
    fc.property(clocks, fc.option(codes, { nil: undefined }), fc.nat(), (clock, code, where) => {
      const body = encodeAnswer(clock, code).subarray(2);
      const before = decodeAnswer(body);
      const at = where % (body.length * 8);
      body[at >> 3] = (body[at >> 3] ?? 0) ^ (1 << (at & 7));
      assert.notDeepEqual(decodeAnswer(body), before);
    }),
    { numRuns: 1000 },
  );
});
