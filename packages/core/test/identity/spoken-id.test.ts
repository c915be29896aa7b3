import assert from 'node:assert/strict';
import test from 'node:test';
import { IdentityId, spokenId } from '../../src/index.ts';
import { proquint } from '../../src/identity/spoken-id.ts';

test('16 bits are spoken as in arXiv 0901.4016', () => {
  // 127.0.0.1 is `lusab-babad` there, and 63.84.220.193 `gutih-tugad`.
  assert.deepEqual([0x7f00, 0x0001, 0x3f54, 0xdcc1].map(proquint), ['lusab', 'babad', 'gutih', 'tugad']);
});

test('an ID is six words, and another ID is six other words', () => {
  const [one, other] = ['one', 'other'].map((text) => spokenId(IdentityId.ofInception(Buffer.from(text))).split(' '));
  assert.ok(one !== undefined && other !== undefined);
  assert.equal(one.length, 6);
  assert.ok(one.every((word) => /^[a-z]{5}$/.test(word)));
  assert.deepEqual(
    one.filter((word) => other.includes(word)),
    [],
  );
});
