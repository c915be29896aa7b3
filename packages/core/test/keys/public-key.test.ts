import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { calculateJwkThumbprint } from 'jose';
import { fromBase64url } from '../../src/encoding/base64url.ts';
import { canonicalJson, type Json } from '../../src/encoding/canonical-json.ts';
import { digestOf } from '../../src/encoding/sha256.ts';
import { ShapeError } from '../../src/encoding/shape.ts';
import { PublicKey } from '../../src/keys/public-key.ts';
import { MemorySigner } from '../../src/keys/signer.ts';
import { HYBRID } from '../builders/identities.ts';

// RFC 7515 appendix A.3.
const RFC_JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
} as const;

test('ES256: the vector of RFC 7515 appendix A.3', () => {
  const key = PublicKey.shape(RFC_JWK, '');
  const input = Buffer.from(
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
  );
  const signature = Buffer.from(
    'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
    'base64url',
  );
  assert.equal(key.algorithm, 'ES256');
  assert.ok(key.verify(input, signature));
  assert.ok(!key.verify(input.subarray(1), signature));
});

test('a thumbprint is the one of RFC 7638: its own example, and the one that jose computes', async () => {
  const n = [
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM',
    'stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5',
    'hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  ].join('');
  assert.equal(digestOf(canonicalJson({ e: 'AQAB', kty: 'RSA', n })), 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  for (const key of MemorySigner.generate(HYBRID).keys) assert.equal(key.thumbprint, await calculateJwkThumbprint(key.jwk));
});

test('a key comes back from its JWK', () => {
  for (const key of MemorySigner.generate(HYBRID).keys) {
    const read = PublicKey.shape(JSON.parse(JSON.stringify(key.jwk)) as Json, '');
    assert.deepEqual(read.jwk, key.jwk);
    assert.equal(read.thumbprint, key.thumbprint);
  }
});

function flipLastBit(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes[31] = (bytes[31] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

const P = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
const OF_32: (hex: string) => string = (hex) => Buffer.from(hex.padStart(64, '0'), 'hex').toString('base64url');
const ML_DSA_PUB = Buffer.alloc(1952, 7).toString('base64url');

const NO_KEYS: Readonly<Record<string, Json>> = {
  'a point that is not on the curve': { ...RFC_JWK, y: flipLastBit(RFC_JWK.y) },
  'the point (0, 0)': { ...RFC_JWK, x: OF_32('0'), y: OF_32('0') },
  'x beyond the field': { ...RFC_JWK, x: OF_32('f'.repeat(64)) },
  'x = p': { ...RFC_JWK, x: OF_32(P) },
  'a compressed point': { kty: 'EC', crv: 'P-256', x: RFC_JWK.x },
  'x of 31 bytes': { ...RFC_JWK, x: RFC_JWK.x.slice(0, 42) },
  'x of 33 bytes': { ...RFC_JWK, x: `AA${RFC_JWK.x}` },
  'x with padding': { ...RFC_JWK, x: `${RFC_JWK.x}=` },
  'x in the other alphabet': { ...RFC_JWK, y: RFC_JWK.y.replace('_', '/') },
  'x with bits behind its end': { ...RFC_JWK, x: `${RFC_JWK.x.slice(0, 42)}V` },
  'another curve of 32 bytes': { ...RFC_JWK, crv: 'secp256k1' },
  'P-384': { ...RFC_JWK, crv: 'P-384' },
  'the curve in lower case': { ...RFC_JWK, crv: 'p-256' },
  'a private key': { ...RFC_JWK, d: OF_32('1') },
  'a kid': { ...RFC_JWK, kid: 'a' },
  'a use': { ...RFC_JWK, use: 'sig' },
  'an alg': { ...RFC_JWK, alg: 'ES256' },
  'no kty': { crv: 'P-256', x: RFC_JWK.x, y: RFC_JWK.y },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', x: RFC_JWK.x },
  RSA: { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
  'a symmetric key': { kty: 'oct', k: RFC_JWK.x },
  'ML-DSA-44': { kty: 'AKP', alg: 'ML-DSA-44', pub: ML_DSA_PUB },
  'ML-DSA-65 one byte short': { kty: 'AKP', alg: 'ML-DSA-65', pub: ML_DSA_PUB.slice(0, -1) },
  'ML-DSA-65 with the size of ML-DSA-87': { kty: 'AKP', alg: 'ML-DSA-65', pub: Buffer.alloc(2592).toString('base64url') },
  'a private ML-DSA-65 key': { kty: 'AKP', alg: 'ML-DSA-65', pub: ML_DSA_PUB, priv: OF_32('1') },
  'a list': [RFC_JWK],
  'a text': RFC_JWK.x,
  nothing: null,
  'an x inherited from nowhere': { kty: 'EC', crv: 'P-256', x: RFC_JWK.x, ['__proto__']: RFC_JWK.y },
};

for (const [name, jwk] of Object.entries(NO_KEYS)) {
  test(`no key: ${name}`, () => {
    assert.throws(() => PublicKey.shape(jwk, 'key'), ShapeError);
  });
}

test('keys of other kinds are told apart, and make nothing throw', () => {
  const others = [
    generateKeyPairSync('ed25519').publicKey,
    generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
    generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey,
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
    generateKeyPairSync('ml-dsa-44').publicKey,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    createSecretKey(Buffer.alloc(32)),
  ];
  for (const key of others) assert.equal(PublicKey.fromKeyObject(key), undefined, key.asymmetricKeyType ?? key.type);
});

// The order of the group of P-256.
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function p1363(r: bigint, s: bigint): Buffer {
  return Buffer.from(r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0'), 'hex');
}

test('ES256: signatures at the edges of their range do not verify', async () => {
  const signer = MemorySigner.generate();
  const [key] = signer.keys;
  assert.ok(key);
  const message = Buffer.from('message');
  const good = Buffer.from(await signer.sign(key, message));
  const r = BigInt(`0x${good.toString('hex', 0, 32)}`);
  const s = BigInt(`0x${good.toString('hex', 32)}`);
  assert.ok(key.verify(message, good));

  const edges = [0n, 1n, 2n, N - 1n, N, N + 1n, 2n ** 256n - 1n, BigInt(`0x${P}`), 2n ** 255n];
  for (const a of edges) for (const b of edges) assert.ok(!key.verify(message, p1363(a, b)), `r=${a} s=${b}`);
  for (const edge of edges) {
    assert.ok(!key.verify(message, p1363(r, edge)), `s=${edge}`);
    assert.ok(!key.verify(message, p1363(edge, s)), `r=${edge}`);
  }
  assert.ok(!key.verify(message, p1363(s, r)), 'r and s exchanged');
  assert.ok(!key.verify(message, p1363(N - r, s)), 'r negated');
  if (r + N < 2n ** 256n) assert.ok(!key.verify(message, p1363(r + N, s)), 'r unreduced');
  if (s + N < 2n ** 256n) assert.ok(!key.verify(message, p1363(r, s + N)), 's unreduced');
  // The signature with s negated is as good as the first: so digests cover payloads, never signatures.
  assert.ok(key.verify(message, p1363(r, N - s)));
});

test('ES256: signatures of another length or form do not verify', async () => {
  const signer = MemorySigner.generate();
  const [key] = signer.keys;
  assert.ok(key);
  const message = Buffer.from('message');
  const good = Buffer.from(await signer.sign(key, message));
  const der = (part: Buffer): Buffer => Buffer.concat([Buffer.from([0x02, 33, 0]), part]);
  const sequence = Buffer.concat([der(good.subarray(0, 32)), der(good.subarray(32))]);
  const forms = [
    Buffer.alloc(0),
    good.subarray(0, 63),
    good.subarray(0, 32),
    Buffer.concat([good, Buffer.alloc(1)]),
    Buffer.concat([Buffer.alloc(1), good]),
    Buffer.concat([good.subarray(0, 32), Buffer.alloc(1), good.subarray(32)]),
    Buffer.concat([good, good]),
    Buffer.concat([Buffer.from([0x30, sequence.length]), sequence]),
    Buffer.alloc(10_000),
  ];
  for (const form of forms) assert.ok(!key.verify(message, form), `${form.length} bytes`);
});

test('ML-DSA-65: changed, cut and overlong signatures do not verify', async () => {
  const signer = MemorySigner.generate(['ML-DSA-65']);
  const [key] = signer.keys;
  assert.ok(key);
  const message = Buffer.from('message');
  const good = Buffer.from(await signer.sign(key, message));
  assert.equal(good.length, 3309);
  assert.ok(key.verify(message, good));
  assert.ok(!key.verify(Buffer.from('massage'), good));
  for (const place of [0, 47, 48, 1000, 3308]) {
    const changed = Buffer.from(good);
    changed[place] = (changed[place] ?? 0) ^ 1;
    assert.ok(!key.verify(message, changed), `byte ${place}`);
  }
  for (const form of [
    Buffer.alloc(0),
    good.subarray(1),
    Buffer.concat([good, Buffer.alloc(1)]),
    Buffer.alloc(3309),
    Buffer.alloc(64),
  ]) {
    assert.ok(!key.verify(message, form), `${form.length} bytes`);
  }
});

test('a key that was read is a key of its algorithm only', async () => {
  const signer = MemorySigner.generate(HYBRID);
  const [classic, quantum] = signer.keys;
  assert.ok(classic && quantum && fromBase64url(classic.thumbprint)?.length === 32);
  const message = Buffer.from('message');
  assert.ok(!classic.verify(message, await signer.sign(quantum, message)));
  assert.ok(!quantum.verify(message, await signer.sign(classic, message)));
});
