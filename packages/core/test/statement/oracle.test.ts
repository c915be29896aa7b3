import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as jose from 'jose';
import canonicalize from 'canonicalize';
import { serviceRecordShape, type ServiceRecord } from '../../src/record/service-record.ts';
import type { MemorySigner } from '../../src/keys/signer.ts';
import { readStatement, signStatement, verifyStatement, type Statement } from '../../src/statement/jws.ts';
import { STATEMENT_KINDS, type StatementKind } from '../../src/statement/kinds.ts';
import type { Quorum } from '../../src/statement/quorum.ts';
import type { Verdict } from '../../src/outcome/verdict.ts';
import { openJws } from '../builders/forge.ts';
import { HYBRID, newIdentity, newSigners, NOW } from '../builders/identities.ts';
import { oneOfEach } from '../builders/statements.ts';
import { accepted, assertRefused } from '../builders/verdicts.ts';

const identity = await newIdentity();
const { id } = identity.history;
const CLAIMS = { v: 1, app: id, id, name: 'orders', key: 0, seq: 0, iat: NOW, exp: NOW + 60, alpn: ['h2'] } as const;

/** Verifies each signature by itself, as the reader here does. */
async function joseVerifies(bytes: Uint8Array, signers: readonly MemorySigner[]): Promise<number> {
  const { payload, signatures } = openJws(bytes);
  const keys = signers.flatMap((signer) => signer.keys);
  for (const signature of signatures) {
    await jose.flattenedVerify(
      { payload, ...signature },
      ({ kid }) => keys.find((key) => key.thumbprint === kid)?.keyObject ?? Promise.reject(new Error('unknown key')),
      { algorithms: ['ES256', 'ML-DSA-65'] },
    );
  }
  return signatures.length;
}

async function joseSigns(claims: object, signers: readonly MemorySigner[], typ: string): Promise<Uint8Array> {
  const sign = new jose.GeneralSign(Buffer.from(canonicalize(claims) ?? ''));
  for (const signer of signers) {
    for (const [index, key] of signer.keys.entries()) {
      const secret = signer.privateKeys[index];
      assert.ok(secret);
      // In the order of RFC 8785, since the library keeps the order that it is given.
      sign.addSignature(secret).setProtectedHeader({ alg: key.algorithm, kid: key.thumbprint, typ });
    }
  }
  return Buffer.from(canonicalize(await sign.sign()) ?? '');
}

function readService(bytes: Uint8Array, quorum: Quorum): Verdict<Statement<ServiceRecord>> {
  const read = readStatement(bytes, 'service', serviceRecordShape);
  return read.ok ? verifyStatement(read.value, quorum) : read;
}

test('jose verifies every signature of every kind of statement made here', async () => {
  const { signer, wires } = await oneOfEach();
  for (const kind of Object.keys(wires)) {
    assert.equal(await joseVerifies(wires[kind as StatementKind], [signer]), 1, kind);
  }
});

test('jose verifies each signature of three owners, two of them with two algorithms', async () => {
  const signers = [...newSigners(2, HYBRID), ...newSigners(1)];
  const statement = await signStatement('service', serviceRecordShape, CLAIMS, signers);
  assert.equal(await joseVerifies(statement.bytes, signers), 5);
  const { payload } = await jose.generalVerify(
    openJws(statement.bytes) as jose.GeneralJWSInput,
    signers[0]?.keys[0]?.keyObject as never,
  );
  assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), CLAIMS);
});

test('what jose signs, once it is in canonical form, verifies here', async () => {
  for (const signers of [newSigners(1), newSigners(3), newSigners(2, HYBRID), newSigners(1, ['ML-DSA-65'])]) {
    const bytes = await joseSigns(CLAIMS, signers, STATEMENT_KINDS.service.typ);
    assert.deepEqual(accepted(readService(bytes, { signers, threshold: signers.length })).claims, CLAIMS);
  }
});

test('jose is content with one good signature of several; each is required here', async () => {
  const signers = newSigners(2);
  const [first, second] = signers;
  assert.ok(first && second);
  const { payload, signatures } = openJws((await signStatement('service', serviceRecordShape, CLAIMS, signers)).bytes);
  const spoilt = [signatures[0], { ...signatures[1], signature: signatures[0]?.signature }] as typeof signatures;
  const jws = { payload, signatures: spoilt };
  await jose.generalVerify(jws as jose.GeneralJWSInput, first.keys[0]?.keyObject as never);
  assertRefused(readService(Buffer.from(canonicalize(jws) ?? ''), { signers, threshold: 1 }), 'statement-signature');
});
