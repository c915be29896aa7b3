import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { claimsOf, openJws } from '../../../packages/core/test/builders/forge.ts';
import { Cases, encoded, first, type VectorFile } from './case.ts';
import { badHeaders } from './jws-headers.ts';
import { badPayloads } from './jws-payloads.ts';
import { badEncodings, badSignatures } from './jws-signatures.ts';
import { newWorld, open, type Refuse, type World } from './token.ts';

/** Malformed tokens: the reader of JWS, tried on heads because they are small and have one signature. */
export async function jwsVectors(): Promise<VectorFile> {
  const world = await newWorld();
  const cases = new Cases(world.context);
  cases.accepted('head', 'head', 'A head by the timekeeper that the charter names.', { bytes: encoded(world.good) }, world.facts);
  const refuse: Refuse = (name, about, bytes, code) =>
    cases.refused('head', name, 'head', about, { bytes: encoded(bytes) }, code);
  await badHeaders(world, refuse);
  await badSignatures(world, refuse);
  await badEncodings(world, refuse);
  badWires(world, refuse);
  await badPayloads(world, refuse);
  return cases.file('Malformed JWS: headers, signatures, encodings, serializations and payloads that a strict reader refuses.');
}

function badWires({ good, signer }: World, refuse: Refuse): void {
  const jws = openJws(good);
  const entry = first(jws.signatures);
  const text = Buffer.from(good).toString();
  const compact = `${entry.protected}.${jws.payload}.${entry.signature}`;
  const raw: Readonly<Record<string, readonly [about: string, bytes: string, code: RefusalCode]>> = {
    'wire-empty': ['No bytes.', '', 'statement-not-json'],
    'wire-compact': ['Compact serialization.', compact, 'statement-not-json'],
    'wire-byte-order-mark': ['A byte order mark.', `\ufeff${text}`, 'statement-not-json'],
    'wire-cut': ['Its last byte missing.', text.slice(0, -1), 'statement-not-json'],
    'wire-twice': ['The statement twice.', text + text, 'statement-not-json'],
    'wire-white-space': ['White space.', JSON.stringify(jws, null, 2), 'statement-not-canonical'],
    'wire-line-end': ['A line end behind it.', `${text}\n`, 'statement-not-canonical'],
    'wire-reordered': [
      'Members in another order.',
      JSON.stringify({ signatures: jws.signatures, payload: jws.payload }),
      'statement-not-canonical',
    ],
    'wire-payload-twice': ['Two payloads.', text.replace('{', '{"payload":"e30",'), 'statement-not-canonical'],
    'wire-nested': ['Nested 4000 deep.', '['.repeat(4000) + ']'.repeat(4000), 'statement-not-canonical'],
    'wire-too-large': ['More bytes than a head may have.', 'x'.repeat(STATEMENT_KINDS.head.maxBytes + 1), 'statement-too-large'],
  };
  for (const [name, [about, bytes, code]] of Object.entries(raw)) refuse(name, about, bytes, code);
  const part = { ...entry };
  const shapes: Readonly<Record<string, readonly [about: string, value: Json]>> = {
    'wire-flattened': ['Flattened serialization.', { payload: jws.payload, ...part }],
    'wire-text': ['A text that holds the compact serialization.', compact],
    'wire-list': ['A list of the statement.', [open(jws)]],
    'wire-null': ['null.', null],
    'wire-no-payload': ['No payload: it would be detached.', { signatures: [part] }],
    'wire-no-signatures': ['No signatures.', { payload: jws.payload }],
    'wire-signatures-empty': ['An empty list of signatures.', { payload: jws.payload, signatures: [] }],
    'wire-signatures-object': [
      'An object in the place of the list.',
      { payload: jws.payload, signatures: { 0: part, length: 1 } },
    ],
    'wire-signatures-null': ['null among the signatures.', { payload: jws.payload, signatures: [part, null] }],
    'wire-signatures-65': [
      '65 signatures.',
      { payload: jws.payload, signatures: Array.from({ length: 65 }, () => ({ protected: '', signature: '' })) },
    ],
    'wire-payload-object': ['A payload that is not encoded.', { payload: claimsOf(good), signatures: [part] }],
    'wire-payload-null': ['A payload of null.', { payload: null, signatures: [part] }],
    'wire-member': ['A member more.', { ...open(jws), keys: signer.keys.map(({ jwk }) => ({ ...jwk })) }],
    'wire-signature-member': [
      'A member more beside a signature.',
      { payload: jws.payload, signatures: [{ ...part, alg: 'ES256' }] },
    ],
    'wire-signature-missing': [
      'A signature without its value.',
      { payload: jws.payload, signatures: [{ protected: part.protected }] },
    ],
    'wire-protected-missing': [
      'A signature without a protected header.',
      { payload: jws.payload, signatures: [{ signature: part.signature }] },
    ],
  };
  for (const [name, [about, value]] of Object.entries(shapes)) refuse(name, about, canonicalJson(value), 'statement-not-jws');
}
