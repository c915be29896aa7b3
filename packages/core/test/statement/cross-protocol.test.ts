import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBase64url } from '../../src/encoding/base64url.ts';
import { canonicalJson } from '../../src/encoding/canonical-json.ts';
import { readStatement, verifyStatement } from '../../src/statement/jws.ts';
import { STATEMENT_KINDS, type StatementKind } from '../../src/statement/kinds.ts';
import { soleKey } from '../../src/statement/quorum.ts';
import { claimsOf, forge, rewire } from '../builders/forge.ts';
import { oneOfEach, SHAPES } from '../builders/statements.ts';
import { accepted, assertRefused } from '../builders/verdicts.ts';

const KINDS = Object.keys(STATEMENT_KINDS).filter((kind): kind is StatementKind => kind in STATEMENT_KINDS);
const { signer, wires } = await oneOfEach();
const [key] = signer.keys;
assert.ok(key);
const quorum = soleKey(key);

test('every kind has a typ of its own', () => {
  assert.equal(new Set(KINDS.map((kind) => STATEMENT_KINDS[kind].typ)).size, KINDS.length);
});

for (const kind of KINDS) {
  test(`a good ${kind} statement is that, and of no other kind`, async () => {
    const wire = wires[kind];
    accepted(verifyStatement(accepted(readStatement(wire, kind, SHAPES[kind])), quorum));
    for (const other of KINDS.filter((candidate) => candidate !== kind)) {
      assertRefused(readStatement(wire, other, SHAPES[other]), 'statement-typ', `${kind} as ${other}`);
      await assertOtherTypRefused(wire, kind, other);
    }
  });
}

async function assertOtherTypRefused(wire: Uint8Array, kind: StatementKind, other: StatementKind): Promise<void> {
  assert.ok(key);
  const header = toBase64url(Buffer.from(canonicalJson({ alg: 'ES256', kid: key.thumbprint, typ: STATEMENT_KINDS[other].typ })));
  const relabelled = rewire(wire, ({ payload, signatures }) => ({
    payload,
    signatures: signatures.map(({ signature }) => ({ protected: header, signature })),
  }));
  // With the shape of its own kind, so that only the signature can tell.
  assertRefused(
    (() => {
      const read = readStatement(relabelled, other, SHAPES[kind]);
      return read.ok ? verifyStatement(read.value, quorum) : read;
    })(),
    'statement-signature',
    `the signature of ${kind} under the typ of ${other}`,
  );
  // Even an owner who signs one kind's claims under another's typ says nothing: no claims have two shapes.
  const resigned = await forge(STATEMENT_KINDS[other].typ, claimsOf(wire), [signer]);
  assertRefused(readStatement(resigned, other, SHAPES[other]), 'statement-shape', `the claims of ${kind} as ${other}`);
}
