import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceRecordShape, type ServiceRecord } from '../../src/record/service-record.ts';
import { MemorySigner, type Signer } from '../../src/keys/signer.ts';
import type { Verdict } from '../../src/outcome/verdict.ts';
import { bundleBytes, jwsBytes, jwsJson, readBundle } from '../../src/statement/bundle.ts';
import { readStatement, signStatement, verifyStatement, type Statement } from '../../src/statement/jws.ts';
import { STATEMENT_KINDS } from '../../src/statement/kinds.ts';
import { soleKey, type Quorum } from '../../src/statement/quorum.ts';
import { openJws, rewire } from '../builders/forge.ts';
import { HYBRID, newIdentity, newSigners, NOW } from '../builders/identities.ts';
import { accepted, assertRefused, outcomeOf } from '../builders/verdicts.ts';

const { history } = await newIdentity();
const CLAIMS = { v: 1, app: history.id, id: history.id, name: 'orders', key: 0, seq: 0, iat: NOW, exp: NOW + 60, alpn: ['h2'] };

function signed(signers: readonly Signer[]): Promise<Statement<ServiceRecord>> {
  return signStatement('service', serviceRecordShape, CLAIMS, signers);
}

function verify(bytes: Uint8Array, ...quorums: readonly Quorum[]): Verdict<Statement<ServiceRecord>> {
  const read = readStatement(bytes, 'service', serviceRecordShape);
  return read.ok ? verifyStatement(read.value, ...quorums) : read;
}

/** Every set of some of the numbers below a count. */
function subsetsOf(count: number): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** count }, (_, mask) =>
    Array.from({ length: count }, (_, index) => index).filter((index) => mask & (1 << index)),
  );
}

function keepSignatures(bytes: Uint8Array, kept: readonly number[]): Uint8Array {
  return rewire(bytes, ({ payload, signatures }) => ({
    payload,
    signatures: kept.flatMap((index) => signatures.slice(index, index + 1)).map((entry) => ({ ...entry })),
  }));
}

test('k of n: every set of signers that is large enough, and no other', async () => {
  const signers = newSigners(4);
  const { bytes } = await signed(signers);
  for (const kept of subsetsOf(4).filter((set) => set.length > 0)) {
    for (const threshold of [1, 2, 3, 4]) {
      const wanted = kept.length >= threshold ? 'accepted' : 'statement-threshold';
      assert.equal(
        outcomeOf(verify(keepSignatures(bytes, kept), { signers, threshold })),
        wanted,
        `${kept.join()} of ${threshold}`,
      );
    }
  }
});

test('a signer counts once, and only if all its keys signed', async () => {
  const signers = newSigners(2, HYBRID);
  const { bytes } = await signed(signers);
  for (const kept of subsetsOf(4).filter((set) => set.length > 0)) {
    const owners = [0, 2].filter((first) => kept.includes(first) && kept.includes(first + 1)).length;
    for (const threshold of [1, 2]) {
      const wanted = owners >= threshold ? 'accepted' : 'statement-threshold';
      assert.equal(
        outcomeOf(verify(keepSignatures(bytes, kept), { signers, threshold })),
        wanted,
        `${kept.join()} of ${threshold}`,
      );
    }
  }
});

test('of several quorums each must be met, and none may be foreign to all', async () => {
  const [one, other] = [newSigners(2), newSigners(2)];
  const quorums = [one, other].map((signers) => ({ signers, threshold: 1 }));
  const sets: readonly (readonly [readonly Signer[], string])[] = [
    [[...one, ...other], 'accepted'],
    [[...one.slice(1), ...other.slice(1)], 'accepted'],
    [one, 'statement-threshold'],
    [other, 'statement-threshold'],
    [[...one, ...other, ...newSigners(1)], 'statement-key-unknown'],
  ];
  for (const [signers, wanted] of sets) assert.equal(outcomeOf(verify((await signed(signers)).bytes, ...quorums)), wanted);
  assertRefused(verify((await signed(one)).bytes), 'statement-key-unknown', 'no quorum');
});

test('one spoilt signature spoils the statement, though enough others are good', async () => {
  const signers = newSigners(3);
  const { bytes } = await signed(signers);
  const spoilt = rewire(bytes, ({ payload, signatures }) => ({
    payload,
    signatures: signatures.map((entry, index) => ({
      ...entry,
      signature: index === 2 ? (signatures[0]?.signature ?? '') : entry.signature,
    })),
  }));
  assertRefused(verify(spoilt, { signers, threshold: 1 }), 'statement-signature');
});

test('no change of one byte of the wire form is accepted, and none makes the reader throw', async () => {
  const [signer] = newSigners(1);
  assert.ok(signer?.keys[0]);
  const { bytes } = await signed([signer]);
  for (let place = 0; place < bytes.length; place += 1) {
    for (const change of [1, 0x20, 0x80]) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ change;
      assert.notEqual(outcomeOf(verify(changed, soleKey(signer.keys[0]))), 'accepted', `byte ${place}`);
    }
  }
});

test('the digest is of the payload alone: it stays when another owner signs', async () => {
  const [one, other] = newSigners(2);
  assert.ok(one && other);
  const [alone, both] = [await signed([one]), await signed([one, other])];
  assert.equal(alone.digest, both.digest);
  assert.notDeepEqual(alone.bytes, both.bytes);
});

test('what was read does not change when its bytes do not stay', async () => {
  const [signer] = newSigners(1);
  assert.ok(signer?.keys[0]);
  const bytes = Buffer.from((await signed([signer])).bytes);
  const read = accepted(readStatement(bytes, 'service', serviceRecordShape));
  const before = Buffer.from(bytes);
  bytes.fill(0);
  assert.equal(accepted(verifyStatement(read, soleKey(signer.keys[0]))).claims.name, 'orders');
  assert.deepEqual(read.bytes, before);
});

test('sizes are looked at first, and each kind has its own', () => {
  for (const kind of ['event', 'charter', 'membership', 'head', 'service', 'instance', 'join'] as const) {
    const { maxBytes } = STATEMENT_KINDS[kind];
    assertRefused(readStatement(Buffer.alloc(maxBytes + 1, 0x20), kind, serviceRecordShape), 'statement-too-large');
    assertRefused(readStatement(Buffer.alloc(maxBytes, 0x20), kind, serviceRecordShape), 'statement-not-json');
  }
});

test('signing: claims that are not of the shape, too many bytes, and no signer are the caller’s mistakes', async () => {
  const signers = newSigners(1);
  await assert.rejects(
    signStatement('service', serviceRecordShape, { ...CLAIMS, name: 'Orders' }, signers),
    /statement-shape: name/,
  );
  await assert.rejects(signStatement('service', serviceRecordShape, { ...CLAIMS, seq: 0.5 }, signers), TypeError);
  await assert.rejects(signStatement('service', serviceRecordShape, CLAIMS, []), /statement-not-jws/);
  await assert.rejects(
    signStatement('service', serviceRecordShape, CLAIMS, [...signers, ...signers]),
    /statement-signature-repeated/,
  );
  await assert.rejects(signStatement('head', serviceRecordShape, CLAIMS, newSigners(2, HYBRID)), /statement-too-large/);
});

test('signing: a signer that gives back no signature of its key is found out', async () => {
  const [own, other] = [MemorySigner.generate(), MemorySigner.generate()];
  const broken: readonly Signer[] = [
    { keys: own.keys, sign: () => Promise.resolve(new Uint8Array(64)) },
    { keys: own.keys, sign: () => Promise.resolve(new Uint8Array()) },
    { keys: own.keys, sign: (_, message) => other.sign(other.keys[0] ?? assert.fail(), message) },
    { keys: own.keys, sign: (key) => own.sign(key, Buffer.from('another message')) },
  ];
  for (const signer of broken) await assert.rejects(signed([signer]), /statement-signature/);
});

test('a bundle is read back, bounded, and of nothing but its two members', async () => {
  const { bytes } = await signed(newSigners(1));
  const bundle = bundleBytes('charter', { statement: bytes, history: history.wires });
  const limits = { maxBytes: bundle.length, maxHistoryBytes: 65_536 };
  const read = accepted(readBundle('charter', bundle, limits));
  assert.deepEqual(
    [Buffer.from(read.statement), read.history.map((wire) => Buffer.from(wire))],
    [Buffer.from(bytes), history.wires.map((wire) => Buffer.from(wire))],
  );
  assertRefused(readBundle('charter', bundle, { ...limits, maxBytes: bundle.length - 1 }), 'statement-too-large');
  assertRefused(readBundle('charter', bundle, { ...limits, maxHistoryBytes: 100 }), 'statement-too-large');
  assertRefused(readBundle('request', bundle, limits), 'statement-shape');
  for (const name of ['__proto__', 'constructor', 'history', 'length', '0']) {
    assertRefused(readBundle(name, Buffer.from('[1,2]'), limits), 'statement-shape', name);
    assertRefused(readBundle(name, Buffer.from('{"a":1,"b":2}'), limits), 'statement-shape', name);
  }
  assert.deepEqual(jwsBytes(jwsJson(bytes)), Buffer.from(bytes));
  assert.equal(openJws(bytes).signatures.length, 1);
});
