import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DerError, DerReader, TAG, type DerDefect } from '../../src/asn1/der-reader.ts';
import {
  bitString,
  element,
  namedBit,
  octetString,
  oid,
  sequence,
  smallInteger,
  time,
  unsignedInteger,
  yes,
} from '../../src/asn1/der-writer.ts';

describe('DER', () => {
  it('reads what it writes, at every length of a length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      const content = new Uint8Array(length).fill(7);
      const reader = new DerReader(octetString(content));
      assert.deepEqual(new Uint8Array(reader.expect(TAG.octetString, 'x').content), content);
      reader.finish('x');
    }
  });

  it('reads unsigned integers as they were written, and as short as can be', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (value) => {
        const hex = value.toString(16);
        const magnitude = Buffer.from(hex.padStart(hex.length + (hex.length % 2) + 4, '0'), 'hex');
        const content = new DerReader(unsignedInteger(magnitude)).integer('x');
        assert.equal(BigInt(`0x${Buffer.from(content).toString('hex')}`), value);
        assert.ok((content[0] as number) < 0x80);
      }),
    );
  });

  it('reads object identifiers as they were written', () => {
    const component = fc.integer({ min: 0, max: 0x7fff_ffff });
    const name = fc.oneof(
      fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 39 }), fc.array(component, { maxLength: 8 })),
      fc.tuple(fc.constant(2), fc.integer({ min: 0, max: 0x7fff_ffff - 80 }), fc.array(component, { maxLength: 8 })),
    );
    fc.assert(
      fc.property(name, ([root, second, rest]) => {
        const dotted = [root, second, ...rest].join('.');
        assert.equal(new DerReader(oid(dotted)).oid('x'), dotted);
      }),
    );
  });

  it('writes dates as RFC 5280 wants them', () => {
    const text = (seconds: number): string => Buffer.from(time(seconds)).toString('latin1');
    assert.equal(text(0), '\x17\x0d700101000000Z');
    assert.equal(text(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000), '\x17\x0d491231235959Z');
    assert.equal(text(Date.UTC(2050, 0, 1) / 1000), '\x18\x0f20500101000000Z');
    assert.equal(text(253_402_300_799), '\x18\x0f99991231235959Z');
  });

  it('writes named bits without trailing zeros', () => {
    for (let bit = 0; bit < 24; bit += 1) assert.deepEqual(new DerReader(namedBit(bit)).namedBits('x'), [bit]);
    assert.deepEqual(new DerReader(bitString(Uint8Array.of(0xa0), 5)).namedBits('x'), [0, 2]);
  });

  it('leaves out what is false by default', () => {
    assert.equal(new DerReader(yes()).flag('x'), true);
    assert.equal(new DerReader(smallInteger(1)).flag('x'), false);
  });
});

describe('what BER allows and DER does not', () => {
  const cases: readonly (readonly [DerDefect, string, (reader: DerReader) => unknown])[] = [
    ['missing', '', (reader) => reader.next('x')],
    ['truncated', '02', (reader) => reader.next('x')],
    ['truncated', '0202', (reader) => reader.next('x')],
    ['truncated', '0282', (reader) => reader.next('x')],
    ['truncated', '02820100', (reader) => reader.next('x')],
    ['surplus', '0500', (reader) => reader.finish('x')],
    ['tag', '0500', (reader) => reader.integer('x')],
    ['tag-long', '1f8101', (reader) => reader.next('x')],
    ['constructed', '24030401aa', (reader) => reader.expect(TAG.octetString, 'x')],
    ['length-indefinite', '30800000', (reader) => reader.next('x')],
    ['length-padded', '028101', (reader) => reader.next('x')],
    ['length-padded', '0282007f', (reader) => reader.next('x')],
    ['length-padded', '0284000000ff', (reader) => reader.next('x')],
    ['length-long', '028401000000', (reader) => reader.next('x')],
    ['length-long', '02ff01', (reader) => reader.next('x')],
    ['integer-empty', '0200', (reader) => reader.integer('x')],
    ['integer-padded', '0202007f', (reader) => reader.integer('x')],
    ['integer-padded', '0202ff80', (reader) => reader.integer('x')],
    ['boolean', '0100', (reader) => reader.flag('x')],
    ['boolean', '010101', (reader) => reader.flag('x')],
    ['boolean', '0102ffff', (reader) => reader.flag('x')],
    ['default', '010100', (reader) => reader.flag('x')],
    ['bits', '0300', (reader) => reader.bitString('x')],
    ['bits', '030101', (reader) => reader.bitString('x')],
    ['bits', '030208ff', (reader) => reader.bitString('x')],
    ['bits', '030201ff', (reader) => reader.bitString('x')],
    ['bits', '030201fe', (reader) => reader.octetsOfBits('x')],
    ['bits', '03020080', (reader) => reader.namedBits('x')],
    ['oid', '0600', (reader) => reader.oid('x')],
    ['oid', '0602802a', (reader) => reader.oid('x')],
    ['oid', '06022a80', (reader) => reader.oid('x')],
    ['oid', '06062a8880808000', (reader) => reader.oid('x')],
  ];
  for (const [defect, hex, read] of cases) {
    it(`${hex === '' ? 'no bytes' : hex}: ${defect}`, () => {
      assert.throws(
        () => read(new DerReader(Buffer.from(hex, 'hex'))),
        (error) => error instanceof DerError && error.defect === defect,
      );
    });
  }

  it('never reads beyond its bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const reader = new DerReader(bytes);
        const read: Uint8Array[] = [];
        try {
          while (!reader.done) read.push(reader.next('x').bytes);
          assert.deepEqual(Buffer.concat(read), Buffer.from(bytes));
          // Strict reading leaves one encoding of what was read.
          assert.deepEqual(Buffer.concat(readAll(bytes).map(({ tag, content }) => element(tag, content))), Buffer.from(bytes));
        } catch (error) {
          if (!(error instanceof DerError)) throw error;
        }
      }),
    );
  });

  it('knows the end of nested values', () => {
    const reader = new DerReader(sequence(sequence(smallInteger(1)), smallInteger(2)));
    const outer = reader.enter(TAG.sequence, 'outer');
    const inner = outer.enter(TAG.sequence, 'inner');
    assert.deepEqual([...inner.integer('x')], [1]);
    assert.throws(() => inner.next('x'), DerError);
    assert.deepEqual([...outer.integer('x')], [2]);
    outer.finish('outer');
    reader.finish('value');
  });
});

function readAll(bytes: Uint8Array): readonly { readonly tag: number; readonly content: Uint8Array }[] {
  const reader = new DerReader(bytes);
  const elements = [];
  while (!reader.done) elements.push(reader.next('x'));
  return elements;
}
