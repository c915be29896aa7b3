import { createHmac, sign as signBytes } from 'node:crypto';
import { canonicalJson, type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { PublicKey } from '../../../packages/core/src/keys/public-key.ts';
import type { MemorySigner } from '../../../packages/core/src/keys/signer.ts';
import { signHead } from '../../../packages/core/src/app/head.ts';
import { appStateBytes } from '../../../packages/core/src/app/app-state.ts';
import { historyBytes } from '../../../packages/core/src/identity/history-wire.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import { STATEMENT_KINDS } from '../../../packages/core/src/statement/kinds.ts';
import { newApp } from '../../../packages/core/test/builders/apps.ts';
import { claimsOf, forge, openJws, rewire, without, type Content, type Jws, type JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { newIdentity, newSigners, NOW } from '../../../packages/core/test/builders/identities.ts';
import { Cases, encoded, first, type VectorFile } from './case.ts';

const TYP = STATEMENT_KINDS.head.typ;

/** Malformed tokens: the reader of JWS, tried on heads because they are small and have one signature. */
export async function jwsVectors(): Promise<VectorFile> {
  const world = await newWorld();
  const cases = new Cases(world.context);
  cases.accepted('head', 'head', 'A head by the timekeeper that the charter names.', { bytes: encoded(world.good) }, world.facts);
  const refuse: Refuse = (name, about, bytes, code) => cases.refused('head', name, 'head', about, { bytes: encoded(bytes) }, code);
  await badHeaders(world, refuse);
  await badSignatures(world, refuse);
  await badEncodings(world, refuse);
  badWires(world, refuse);
  await badPayloads(world, refuse);
  return cases.file('Malformed JWS: headers, signatures, encodings, serializations and payloads that a strict reader refuses.');
}

type Refuse = (name: string, about: string, bytes: Uint8Array | string, code: RefusalCode) => void;

interface World {
  readonly signer: MemorySigner;
  readonly key: PublicKey;
  readonly good: Uint8Array;
  readonly claims: JsonObject;
  readonly facts: Json;
  readonly context: JsonObject;
}

async function newWorld(): Promise<World> {
  const timekeeper = await newIdentity();
  const app = await newApp({ timekeepers: [{ id: timekeeper.history.id, min: timekeeper.history.point }] });
  const { charter } = app.state;
  const signer = first(timekeeper.operational);
  const times = { iat: NOW, exp: NOW + 300 };
  const good = await signHead({ app: app.owner.history.id, charter: charter.sequence, digest: charter.digest, ...times }, signer);
  const context = {
    timekeeper: encoded(historyBytes(timekeeper.history)),
    app: encoded(appStateBytes(app.state)),
    bound: 600,
    now: NOW,
  };
  return {
    signer,
    key: first(signer.keys),
    good: good.bytes,
    claims: claimsOf(good.bytes),
    facts: { charter: charter.sequence, digest: charter.digest },
    context,
  };
}

async function badHeaders({ signer, key, good, claims }: World, refuse: Refuse): Promise<void> {
  const under = (header: (honest: JsonObject) => Content): Promise<Uint8Array> => forge(TYP, claims, [signer], header);
  const others: Readonly<Record<string, readonly [about: string, change: JsonObject, code: RefusalCode]>> = {
    'alg-es384': ['Another ECDSA algorithm.', { alg: 'ES384' }, 'statement-alg'],
    'alg-es256k': ['Another curve.', { alg: 'ES256K' }, 'statement-alg'],
    'alg-rs256': ['An RSA algorithm.', { alg: 'RS256' }, 'statement-alg'],
    'alg-eddsa': ['EdDSA.', { alg: 'EdDSA' }, 'statement-alg'],
    'alg-ml-dsa-65': ['An algorithm that identities have, but not this key.', { alg: 'ML-DSA-65' }, 'statement-alg'],
    'alg-lower-case': ['The algorithm in lower case.', { alg: 'es256' }, 'statement-alg'],
    'alg-empty': ['An empty algorithm.', { alg: '' }, 'statement-alg'],
    'alg-null': ['The algorithm is null.', { alg: null }, 'statement-header'],
    'alg-list': ['A list of algorithms.', { alg: ['ES256'] }, 'statement-header'],
    'kid-number': ['The kid is a number.', { kid: 0 }, 'statement-header'],
    'kid-long': ['A kid of 65 characters.', { kid: 'k'.repeat(65) }, 'statement-header'],
    'kid-path': ['A kid that is a path.', { kid: '../../../../dev/null' }, 'statement-key-unknown'],
    'kid-query': ['A kid with SQL.', { kid: "' OR 1=1 --" }, 'statement-key-unknown'],
    'kid-empty': ['An empty kid.', { kid: '' }, 'statement-key-unknown'],
    'kid-padded': ['The thumbprint with padding.', { kid: `${key.thumbprint}=` }, 'statement-key-unknown'],
    'kid-prototype': ['A kid that is a name of Object.prototype.', { kid: '__proto__' }, 'statement-key-unknown'],
    'typ-jwt': ['No explicit type.', { typ: 'JWT' }, 'statement-typ'],
    'typ-upper-case': ['The type in upper case.', { typ: TYP.toUpperCase() }, 'statement-typ'],
    'typ-application': ['The type with its application prefix.', { typ: `application/${TYP}` }, 'statement-typ'],
    'typ-empty': ['An empty type.', { typ: '' }, 'statement-typ'],
    'typ-list': ['Two types.', { typ: [TYP, 'themis-charter+jwt'] }, 'statement-header'],
    ...Object.fromEntries(
      Object.values(STATEMENT_KINDS)
        .filter(({ typ }) => typ !== TYP)
        .map(({ typ }) => [`typ-${typ.slice(7, -4)}`, ['The type of another kind of statement.', { typ }, 'statement-typ'] as const]),
    ),
    'crit-b64': ['b64 made critical.', { b64: false, crit: ['b64'] }, 'statement-header'],
    'crit-exp': ['An extension made critical.', { crit: ['exp'], exp: NOW + 60 }, 'statement-header'],
    'crit-empty': ['An empty list of critical extensions.', { crit: [] }, 'statement-header'],
    'b64-true': ['b64, though it says what holds anyway.', { b64: true }, 'statement-header'],
    'jwk': ['A key in the header.', { jwk: { ...key.jwk } }, 'statement-header'],
    'jku': ['A place of keys in the header.', { jku: 'https://127.0.0.1/keys' }, 'statement-header'],
    'x5u': ['A place of certificates in the header.', { x5u: 'https://127.0.0.1/chain' }, 'statement-header'],
    'x5c': ['Certificates in the header.', { x5c: ['MIIB'] }, 'statement-header'],
    'x5t': ['The digest of a certificate in the header.', { 'x5t#S256': key.thumbprint }, 'statement-header'],
    'cty': ['A content type.', { cty: 'JWT' }, 'statement-header'],
    'zip': ['Compression.', { zip: 'DEF' }, 'statement-header'],
    'iss': ['A claim repeated in the header.', { iss: 'a' }, 'statement-header'],
    'header-proto': ['A member named __proto__.', { ['__proto__']: { typ: TYP } }, 'statement-header'],
  };
  for (const [name, [about, change, code]] of Object.entries(others)) refuse(name, about, await under((honest) => ({ ...honest, ...change })), code);
  for (const name of ['alg', 'kid', 'typ']) {
    refuse(`${name}-missing`, `No ${name}.`, await under((honest) => without(honest, name)), 'statement-header');
  }
  for (const alg of ['none', 'None', 'NONE']) {
    const unsigned = rewire(await under((honest) => ({ ...honest, alg })), (jws) => withSignature(jws, ''));
    refuse(`alg-${alg === 'none' ? alg : alg === 'None' ? 'none-capital' : 'none-upper-case'}`, 'No algorithm, and no signature.', unsigned, 'statement-alg');
  }
  for (const form of ['pem', 'der'] as const) {
    const secret = key.keyObject.export({ type: 'spki', format: form });
    const forged = rewire(await under((honest) => ({ ...honest, alg: 'HS256' })), (jws) =>
      withSignature(jws, createHmac('sha256', secret).update(signingInput(jws)).digest('base64url')),
    );
    refuse(`alg-hs256-${form}`, 'A MAC under the public key, for readers that take the algorithm from the token.', forged, 'statement-alg');
  }
  const honest = { alg: 'ES256', kid: key.thumbprint, typ: TYP };
  const text = canonicalJson(honest);
  const contents: Readonly<Record<string, readonly [about: string, content: Content, code: RefusalCode]>> = {
    'header-reordered': ['Members in another order.', Buffer.from(JSON.stringify({ typ: TYP, alg: 'ES256', kid: key.thumbprint })), 'statement-not-canonical'],
    'header-white-space': ['White space.', Buffer.from(JSON.stringify(honest, null, 1)), 'statement-not-canonical'],
    'header-alg-twice': ['Two algorithms.', Buffer.from(text.replace('{', '{"alg":"none",')), 'statement-not-canonical'],
    'header-escaped-name': ['A name escaped.', Buffer.from(text.replace('"alg"', '"\\u0061lg"')), 'statement-not-canonical'],
    'header-byte-order-mark': ['A byte order mark.', Buffer.from(`\ufeff${text}`), 'statement-not-json'],
    'header-empty': ['No bytes.', Buffer.alloc(0), 'statement-not-json'],
    'header-empty-object': ['No members.', {}, 'statement-header'],
    'header-list': ['A list.', ['ES256', key.thumbprint, TYP], 'statement-header'],
    'header-null': ['null.', null, 'statement-header'],
    'header-string': ['A text.', text, 'statement-header'],
  };
  for (const [name, [about, content, code]] of Object.entries(contents)) refuse(name, about, await under(() => content), code);
  const unprotected = rewire(good, ({ payload, signatures }) => ({
    payload,
    signatures: signatures.map((entry) => ({ ...entry, header: { kid: key.thumbprint } })),
  }));
  refuse('header-unprotected', 'An unprotected header beside the protected one.', unprotected, 'statement-not-jws');
}

async function badSignatures({ signer, key, good, claims }: World, refuse: Refuse): Promise<void> {
  const jws = openJws(good);
  const own = Buffer.from(jws.signatures[0]?.signature ?? '', 'base64url');
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const zero = Buffer.alloc(32);
  const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);
  const flipped = Buffer.from(own);
  flipped[63] = (flipped[63] ?? 0) ^ 1;
  const secret = first(signer.privateKeys);
  const message = signingInput(jws);
  const p1363 = 'ieee-p1363';
  const values: Readonly<Record<string, readonly [about: string, bytes: Uint8Array]>> = {
    'signature-empty': ['No signature.', Buffer.alloc(0)],
    'signature-zero': ['r = s = 0.', Buffer.concat([zero, zero])],
    'signature-r-zero': ['r = 0.', Buffer.concat([zero, own.subarray(32)])],
    'signature-s-zero': ['s = 0.', Buffer.concat([own.subarray(0, 32), zero])],
    'signature-ones': ['r = s = 1.', Buffer.concat([one, one])],
    'signature-order': ['r = s = n.', Buffer.concat([order, order])],
    'signature-s-order': ['s = n.', Buffer.concat([own.subarray(0, 32), order])],
    'signature-full': ['All bits set.', Buffer.alloc(64, 255)],
    'signature-swapped': ['r and s exchanged.', Buffer.concat([own.subarray(32), own.subarray(0, 32)])],
    'signature-flipped': ['One bit changed.', flipped],
    'signature-short': ['Its last byte missing.', own.subarray(0, 63)],
    'signature-long': ['A byte more.', Buffer.concat([own, Buffer.alloc(1)])],
    'signature-der': ['In DER, as X.509 has it.', signBytes('sha256', message, secret)],
    'signature-sha384': ['Over SHA-384.', signBytes('sha384', message, { key: secret, dsaEncoding: p1363 })],
    'signature-of-payload': ['Over the payload without the header.', signBytes('sha256', Buffer.from(jws.payload), { key: secret, dsaEncoding: p1363 })],
    'signature-of-decoded': [
      'Over the payload before it was encoded.',
      signBytes('sha256', Buffer.from(jws.payload, 'base64url'), { key: secret, dsaEncoding: p1363 }),
    ],
  };
  for (const [name, [about, bytes]] of Object.entries(values)) {
    refuse(name, about, rewire(good, (source) => withSignature(source, encoded(bytes))), 'statement-signature');
  }
  const stranger = first(newSigners(1));
  const foreign = openJws(await forge(TYP, claims, [stranger]));
  const asOwn = await forge(TYP, claims, [stranger], (honest) => ({ ...honest, kid: key.thumbprint }));
  refuse('signature-by-stranger', 'By a key that nobody named.', await forge(TYP, claims, [stranger]), 'statement-key-unknown');
  refuse('signature-by-stranger-as-own', 'By another key under the kid of the right one.', asOwn, 'statement-signature');
  refuse('signature-of-stranger-beside', 'A good signature and one by a key that nobody named.', both(jws, foreign), 'statement-key-unknown');
  refuse('signature-of-stranger-before', 'The same in the other order.', both(foreign, jws), 'statement-key-unknown');
  refuse('signature-twice', 'The same signature twice.', both(jws, jws), 'statement-signature-repeated');
  refuse('signature-twice-new', 'Two good signatures of one key.', both(jws, openJws(await forge(TYP, claims, [signer]))), 'statement-signature-repeated');
  const later = openJws(await forge(TYP, { ...claims, exp: NOW + 301 }, [signer]));
  refuse('payload-exchanged', 'The signature of another payload.', rewire(good, () => ({ ...open(jws), payload: later.payload })), 'statement-signature');
}

async function badEncodings({ signer, good }: World, refuse: Refuse): Promise<void> {
  const jws = openJws(good);
  const entry = first(jws.signatures);
  const odd: Readonly<Record<string, readonly [about: string, spoil: (text: string) => string]>> = {
    'padded': ['padding', (text) => `${text}${'='.repeat((4 - (text.length % 4)) % 4 || 4)}`],
    'line-end': ['a line end', (text) => `${text}\n`],
    'alphabet': ['a character of the other alphabet', (text) => `${text.slice(0, 3)}+${text.slice(4)}`],
    'length': ['a length that no bytes have', (text) => `${text}${'A'.repeat((5 - (text.length % 4)) % 4)}`],
    'beyond-ascii': ['a character beyond ASCII', (text) => `${text}é`],
  };
  for (const [name, [what, spoil]] of Object.entries(odd)) {
    for (const part of ['payload', 'protected', 'signature'] as const) {
      const payload = part === 'payload' ? spoil(jws.payload) : jws.payload;
      const header = part === 'protected' ? spoil(entry.protected) : entry.protected;
      const right = encoded(await signer.sign(first(signer.keys), Buffer.from(`${header}.${payload}`)));
      const signature = part === 'signature' ? spoil(right) : right;
      const spoilt = rewire(good, () => ({ payload, signatures: [{ protected: header, signature }] }));
      refuse(`base64url-${part}-${name}`, `The ${part} with ${what}, signed as it stands.`, spoilt, 'statement-base64');
    }
  }
  const bits = rewire(good, (source) => withSignature(source, `${entry.signature.slice(0, -1)}${nextCharacter(entry.signature.slice(-1))}`));
  refuse('base64url-signature-bits', 'Bits behind the last byte of the signature.', bits, 'statement-base64');
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
    'wire-reordered': ['Members in another order.', JSON.stringify({ signatures: jws.signatures, payload: jws.payload }), 'statement-not-canonical'],
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
    'wire-signatures-object': ['An object in the place of the list.', { payload: jws.payload, signatures: { 0: part, length: 1 } }],
    'wire-signatures-null': ['null among the signatures.', { payload: jws.payload, signatures: [part, null] }],
    'wire-signatures-65': ['65 signatures.', { payload: jws.payload, signatures: Array.from({ length: 65 }, () => ({ protected: '', signature: '' })) }],
    'wire-payload-object': ['A payload that is not encoded.', { payload: claimsOf(good), signatures: [part] }],
    'wire-payload-null': ['A payload of null.', { payload: null, signatures: [part] }],
    'wire-member': ['A member more.', { ...open(jws), keys: signer.keys.map(({ jwk }) => ({ ...jwk })) }],
    'wire-signature-member': ['A member more beside a signature.', { payload: jws.payload, signatures: [{ ...part, alg: 'ES256' }] }],
    'wire-signature-missing': ['A signature without its value.', { payload: jws.payload, signatures: [{ protected: part.protected }] }],
    'wire-protected-missing': ['A signature without a protected header.', { payload: jws.payload, signatures: [{ signature: part.signature }] }],
  };
  for (const [name, [about, value]] of Object.entries(shapes)) refuse(name, about, canonicalJson(value), 'statement-not-jws');
}

async function badPayloads({ signer, claims }: World, refuse: Refuse): Promise<void> {
  const text = canonicalJson(claims);
  const contents: Readonly<Record<string, readonly [about: string, content: Content, code: RefusalCode]>> = {
    'payload-empty': ['No bytes.', Buffer.alloc(0), 'statement-not-json'],
    'payload-not-json': ['A JSON text that ends early.', Buffer.from(text.slice(0, -1)), 'statement-not-json'],
    'payload-byte-order-mark': ['A byte order mark.', Buffer.from(`\ufeff${text}`), 'statement-not-json'],
    'payload-reordered': ['Members in another order.', Buffer.from(JSON.stringify({ v: 1, ...claims })), 'statement-not-canonical'],
    'payload-white-space': ['White space.', Buffer.from(JSON.stringify(claims, null, 1)), 'statement-not-canonical'],
    'payload-exp-twice': ['A field twice.', Buffer.from(text.replace('"exp":', '"exp":9,"exp":')), 'statement-not-canonical'],
    'payload-minus-zero': ['Minus zero.', Buffer.from(text.replace('[0,0]', '[-0,0]')), 'statement-not-canonical'],
    'payload-exponent': ['A time with an exponent.', Buffer.from(text.replace(`"iat":${NOW}`, '"iat":18e8')), 'statement-not-canonical'],
    'payload-fraction': ['A time with a fraction.', Buffer.from(text.replace(`"iat":${NOW}`, `"iat":${NOW}.5`)), 'statement-not-canonical'],
    'payload-beyond-2-53': ['An integer of 2^53.', Buffer.from(text.replace('[0,0]', '[0,9007199254740992]')), 'statement-not-canonical'],
    'payload-escaped': ['A letter escaped.', Buffer.from(text.replace('"v"', '"\\u0076"')), 'statement-not-canonical'],
    'payload-list': ['A list.', [claims], 'statement-shape'],
    'payload-null': ['null.', null, 'statement-shape'],
    'payload-text': ['A text.', text, 'statement-shape'],
    'payload-v-2': ['Another version.', { ...claims, v: 2 }, 'statement-shape'],
    'payload-v-text': ['The version as a text.', { ...claims, v: '1' }, 'statement-shape'],
    'payload-v-true': ['The version as a truth.', { ...claims, v: true }, 'statement-shape'],
    'payload-field': ['A field that is unknown.', { ...claims, nbf: NOW }, 'statement-shape'],
    'payload-field-proto': ['A field named __proto__.', { ...claims, ['__proto__']: { ext: {} } }, 'statement-shape'],
    'payload-field-constructor': ['A field named constructor.', { ...claims, constructor: { prototype: {} } }, 'statement-shape'],
    'payload-ext-null': ['An extension of null.', { ...claims, ext: null }, 'statement-shape'],
    'payload-ext-list': ['An extension that is a list.', { ...claims, ext: [] }, 'statement-shape'],
    'payload-ext-large': ['An extension of more than 4 KiB, counted in bytes.', { ...claims, ext: { a: '€'.repeat(1400) } }, 'statement-shape'],
    'payload-app-upper-case': ['An ID in upper case.', { ...claims, app: String(claims['app']).toUpperCase() }, 'statement-shape'],
    'payload-app-bits': ['An ID whose last character holds bits behind the digest.', { ...claims, app: `${String(claims['app']).slice(0, -1)}b` }, 'statement-shape'],
    'payload-charter-short': ['A sequence of one number.', { ...claims, charter: [0] }, 'statement-shape'],
    'payload-charter-long': ['A sequence of three numbers.', { ...claims, charter: [0, 0, 0] }, 'statement-shape'],
    'payload-charter-negative': ['A sequence below zero.', { ...claims, charter: [0, -1] }, 'statement-shape'],
    'payload-charter-text': ['A sequence of texts.', { ...claims, charter: ['0', '0'] }, 'statement-shape'],
    'payload-digest-short': ['A digest of 31 bytes.', { ...claims, digest: 'A'.repeat(42) }, 'statement-shape'],
    'payload-digest-bits': ['A digest with bits behind its last byte.', { ...claims, digest: `${'A'.repeat(42)}B` }, 'statement-shape'],
    'payload-iat-zero': ['A time before 2020.', { ...claims, iat: 0 }, 'statement-shape'],
    'payload-iat-negative': ['A time before 1970.', { ...claims, iat: -1 }, 'statement-shape'],
    'payload-iat-milliseconds': ['A time in milliseconds, beyond 9999.', { ...claims, iat: NOW * 1000 }, 'statement-shape'],
    'payload-iat-text': ['A time as a text.', { ...claims, iat: String(NOW) }, 'statement-shape'],
    'payload-exp-iat': ['It ends when it begins.', { ...claims, exp: NOW }, 'statement-shape'],
  };
  for (const [name, [about, content, code]] of Object.entries(contents)) refuse(name, about, await forge(TYP, content, [signer]), code);
  for (const name of Object.keys(claims)) {
    refuse(`payload-no-${name}`, `The field ${name} missing.`, await forge(TYP, without(claims, name), [signer]), 'statement-shape');
  }
}

function withSignature(jws: Jws, signature: string): Json {
  return { payload: jws.payload, signatures: jws.signatures.map((entry) => ({ ...entry, signature })) };
}

function both(one: Jws, other: Jws): string {
  return canonicalJson({ payload: one.payload, signatures: [...one.signatures, ...other.signatures].map((entry) => ({ ...entry })) });
}

function open({ payload, signatures }: Jws): JsonObject {
  return { payload, signatures: signatures.map((entry) => ({ ...entry })) };
}

function signingInput(jws: Jws): Uint8Array {
  return Buffer.from(`${first(jws.signatures).protected}.${jws.payload}`);
}

// The next of the alphabet: it differs in the last bit, which the last character of 64 bytes does not use.
function nextCharacter(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(character) + 1);
}
