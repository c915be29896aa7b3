import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InstanceName, MAX_RECORD_BYTES, refuse, type Address, type RecordKey } from '@themis-mesh/core';
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  MAX_CONTACTS,
  MAX_MESSAGE_BYTES,
  MessageCutter,
  placeOfRecord,
  prefixed,
  type Answer,
  type Contact,
  type Request,
} from '@themis-mesh/directory-kad';
import type { Watched } from '@themis-mesh/directory';
import { ANSWERS, idOf, REQUESTS } from './vectors/cases.ts';

const identity = fc.nat(1_000).map((at) => idOf(String(at)));
const instance = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((text) => InstanceName.parse(text) ?? assert.fail(text));
const key: fc.Arbitrary<RecordKey> = fc.oneof(
  fc.record({ kind: fc.constantFrom('history', 'charter', 'service'), id: identity }),
  fc.record({ kind: fc.constant('head'), id: identity, by: identity }),
  fc.record({ kind: fc.constant('instance'), id: identity, instance }),
);
const wanted: fc.Arbitrary<Watched> = fc.oneof(key, fc.record({ kind: fc.constant('instances'), id: identity }));
const host = fc.oneof(
  fc.ipV4().filter((text) => !/^(0|22[4-9]|2[3-5]\d)\./.test(text)),
  fc.constantFrom('::1', '2001:db8::6', 'node-1.example', 'localhost'),
);
const address: fc.Arbitrary<Address> = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) });
const index = fc.integer({ min: 0, max: 63 });
const contact: fc.Arbitrary<Contact> = fc.record({ identity, index, address });
const bytes = fc.uint8Array({ maxLength: 400 });
const record = fc.record({ key, bytes });
const asked = { sender: fc.record({ index, address }) };
const wish = {
  wanted,
  known: fc.integer({ min: 0, max: 16 }),
  zone: fc.stringMatching(/^[A-Za-z0-9._-]{1,63}$/),
};
const optional = { requiredKeys: [] as [] };

const request: fc.Arbitrary<Request> = fc
  .tuple(
    fc.record(asked, optional),
    fc.oneof(
      fc.constant({ kind: 'ping' } as const),
      fc.record({ kind: fc.constant('find' as const), target: wanted.map(placeOfRecord) }),
      fc.record({ kind: fc.constant('get' as const), ...wish }, { requiredKeys: ['kind', 'wanted', 'known'] }),
      fc.record(
        { kind: fc.constant('watch' as const), ...wish, lease: fc.integer({ min: 1, max: 65_535 }) },
        { requiredKeys: ['kind', 'wanted', 'known', 'lease'] },
      ),
      fc.record({ kind: fc.constant('store' as const), record }),
    ),
  )
  .map(([sender, rest]) => ({ ...sender, ...rest }));

const answer: fc.Arbitrary<Answer> = fc
  .tuple(
    fc.record({ index, closer: fc.array(contact, { maxLength: MAX_CONTACTS }) }),
    fc.oneof(
      fc.constant({ kind: 'nodes' } as const),
      fc
        .record(
          { records: fc.array(record, { maxLength: 5 }), more: fc.nat(1_000), history: bytes },
          { requiredKeys: ['records', 'more'] },
        )
        .map(({ more, ...rest }) => ({ kind: 'records' as const, total: rest.records.length + more, ...rest })),
      fc.record({ kind: fc.constant('stored' as const), unchanged: fc.boolean() }),
      fc.record(
        {
          kind: fc.constant('refused' as const),
          refusal: fc.constantFrom(refuse('node-flood', 'x').refusal, refuse('record-quota', '').refusal),
          held: bytes,
        },
        { requiredKeys: ['kind', 'refusal'] },
      ),
    ),
  )
  .map(([common, rest]) => ({ ...common, ...rest }));

/** Drawn records have no prototype. */
function plain(value: unknown): unknown {
  return structuredClone(value);
}

test('what is written is read as it was', () => {
  fc.assert(
    fc.property(request, (message) => {
      assert.deepEqual(plain(decodeRequest(encodeRequest(message))), plain({ ok: true, value: message }));
    }),
  );
  fc.assert(
    fc.property(answer, (message) => {
      assert.deepEqual(plain(decodeAnswer(encodeAnswer(message))), plain({ ok: true, value: message }));
    }),
  );
});

/** Whatever comes is refused by its name, or is what its own bytes are written as. */
function judge(message: Uint8Array): void {
  const asked = decodeRequest(message);
  if (asked.ok) assert.equal(Buffer.compare(encodeRequest(asked.value), message), 0);
  else assert.match(asked.refusal.code, /^node-(message|version)$/);
  const said = decodeAnswer(message);
  if (!said.ok) assert.match(said.refusal.code, /^node-(message|version)$/);
  // A code that is not known is read as another.
  else if (said.value.kind !== 'refused') assert.equal(Buffer.compare(encodeAnswer(said.value), message), 0);
}

test('whatever comes is a message or is refused by its name, and what is one has one spelling', () => {
  const sound = [...REQUESTS, ...ANSWERS].map(({ bytes: each }) => Buffer.from(each));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), judge), { numRuns: 2_000 });
  const mutation = fc.tuple(fc.constantFrom(...sound), fc.nat(), fc.nat(255), fc.nat());
  fc.assert(
    fc.property(mutation, ([message, at, value, cut]) => {
      const mutated = Buffer.from(message);
      if (mutated.length > 0) mutated[at % mutated.length] = value;
      judge(mutated);
      judge(mutated.subarray(0, cut % (mutated.length + 1)));
    }),
    { numRuns: 5_000 },
  );
});

test('what comes with a message is a copy, so that its buffer can be used again', () => {
  const message = encodeRequest({
    kind: 'store',
    record: { key: { kind: 'history', id: idOf('a') }, bytes: Buffer.from('abc') },
  });
  const read = decodeRequest(message);
  message.fill(0);
  assert.ok(read.ok && read.value.kind === 'store');
  assert.equal(Buffer.from(read.value.record.bytes).toString(), 'abc');
});

test('the largest record of each kind fits into a message, and one byte more is refused', () => {
  for (const [kind, most] of Object.entries(MAX_RECORD_BYTES)) {
    if (kind !== 'charter' && kind !== 'history' && kind !== 'service') continue;
    const message = (length: number): Buffer =>
      encodeRequest({ kind: 'store', record: { key: { kind, id: idOf('a') }, bytes: Buffer.alloc(length) } });
    assert.ok(decodeRequest(message(most)).ok, kind);
    assert.ok(message(most).length < MAX_MESSAGE_BYTES);
    const over = decodeRequest(message(most + 1));
    assert.ok(!over.ok && over.refusal.code === 'node-message', kind);
  }
  const junk = decodeRequest(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
  assert.ok(!junk.ok && junk.refusal.code === 'node-message');
});

test('a stream is cut into its messages, however it is sliced', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 9_000 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 7_000 }),
      (messages, slice) => {
        const stream = Buffer.concat(messages.map(prefixed));
        const cutter = new MessageCutter();
        const cut: Buffer[] = [];
        for (let at = 0; at < stream.length; at += slice) {
          const verdict = cutter.push(stream.subarray(at, at + slice));
          assert.ok(verdict.ok);
          cut.push(...verdict.value);
        }
        assert.equal(cutter.isInside, false);
        assert.deepEqual(
          cut.map((each) => Buffer.from(each)),
          messages.map((each) => Buffer.from(each)),
        );
      },
    ),
  );
});

test('a stream that announces too long a message, or one of nothing, is refused before it is held', () => {
  for (const length of [0, MAX_MESSAGE_BYTES + 1, 0xffff_ffff]) {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(length);
    const verdict = new MessageCutter().push(prefix);
    assert.ok(!verdict.ok && verdict.refusal.code === 'node-message', String(length));
  }
});
