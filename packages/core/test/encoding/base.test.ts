import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toBase32 } from '../../src/encoding/base32.ts';
import { fromBase64url, toBase64url } from '../../src/encoding/base64url.ts';
import { digestOf } from '../../src/encoding/sha256.ts';

test('base32: the vectors of RFC 4648 section 10, in lower case and without padding', () => {
  const vectors = { '': '', f: 'my', fo: 'mzxq', foo: 'mzxw6', foob: 'mzxw6yq', fooba: 'mzxw6ytb', foobar: 'mzxw6ytboi' };
  for (const [text, encoded] of Object.entries(vectors)) assert.equal(toBase32(Buffer.from(text)), encoded);
});

test('base32: the bits in groups of five, first bit first', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      const groups = bits.match(/.{1,5}/g) ?? [];
      const spelled = groups.map((group) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(group.padEnd(5, '0'), 2)));
      assert.equal(toBase32(bytes), spelled.join(''));
    }),
  );
});

test('base64url: bytes come back, also out of the middle of a larger buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), (bytes, start) => {
      const view = bytes.subarray(start);
      assert.deepEqual(new Uint8Array(fromBase64url(toBase64url(view)) ?? []), new Uint8Array(view));
    }),
  );
});

test('base64url: of all spellings of some bytes one is read', () => {
  // Padded, with characters of the other alphabet, with bits that are not zero behind the last byte, of no possible length.
  for (const text of ['Zg==', 'Zg=', 'Zh', 'Zm9=', 'Zm8=', 'Zm9', '-_-/', '+w', 'Zg\n', ' Zg', 'Z', 'Zm9vY', 'Zg.', 'Ż', '\0']) {
    assert.equal(fromBase64url(text), undefined, JSON.stringify(text));
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const bytes = fromBase64url(text);
      assert.ok(bytes === undefined || toBase64url(bytes) === text);
    }),
  );
});

test('a digest is SHA-256 in 43 characters', () => {
  assert.equal(digestOf('abc'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  assert.equal(digestOf(Buffer.from('abc')), digestOf('abc'));
});
