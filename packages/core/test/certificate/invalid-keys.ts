import { generateKeyPairSync } from 'node:crypto';
import { bitString, oid, sequence, smallInteger, unsignedInteger } from '../../src/asn1/der-writer.ts';
import { writeSignature } from '../../src/certificate/signature.ts';
import { OID } from '../../src/certificate/profile.ts';
import { keyIdentifier } from '../../src/certificate/key-identifier.ts';
import {
  ECDSA_SHA256,
  exchange,
  extension,
  newKey,
  NOTHING,
  NULL,
  pointOf,
  spkiOf,
  type CertificateSpec,
  type World,
} from './chain-builder.ts';
import { isLeaf } from './invalid-encoding.ts';
import { either, identityCase, leafCase, type InvalidCase } from './invalid-case.ts';

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ED25519 = generateKeyPairSync('ed25519').privateKey;
const X25519 = generateKeyPairSync('x25519').privateKey;
const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const SECP256K1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
const EXPLICIT = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey;
const EXPLICIT_ALGORITHM = firstElement(contentOf(spkiOf(EXPLICIT)));

/** Keys, and the signatures made with them. */
export const KEY_CASES: readonly InvalidCase[] = [
  leafCase('leaf-key-algorithm', 'leaf: an RSA key', () => ({ keyInfo: spkiOf(RSA) }), undefined, RSA),
  leafCase('leaf-key-algorithm', 'leaf: an Ed25519 key', () => ({ keyInfo: spkiOf(ED25519) }), 'ed25519', ED25519),
  leafCase('leaf-key-algorithm', 'leaf: an X25519 key', () => ({ keyInfo: spkiOf(X25519) }), 'x25519', X25519),
  identityCase('identity-key-algorithm', 'identity certificate: an RSA key', () => ({ keyInfo: spkiOf(RSA) })),
  identityCase('identity-key-algorithm', 'identity certificate: an Ed25519 key', () => ({ keyInfo: spkiOf(ED25519) }), 'ed25519'),
  leafCase('leaf-key-curve', 'leaf: a P-384 key', () => ({ keyInfo: spkiOf(P384) }), undefined, P384),
  leafCase('leaf-key-curve', 'leaf: a secp256k1 key', () => ({ keyInfo: spkiOf(SECP256K1) }), 'secp256k1', SECP256K1),
  identityCase('identity-key-curve', 'identity certificate: a P-384 key', () => ({ keyInfo: spkiOf(P384) })),
  ...either('key-curve-missing', 'the key names no curve', (spec, world) => keyOf(spec, world, sequence(oid(OID.ecPublicKey)))),
  ...either(
    'key-curve-missing',
    'the curve is NULL',
    (spec, world) => keyOf(spec, world, sequence(oid(OID.ecPublicKey), NULL)),
    'null',
  ),
  leafCase(
    'leaf-key-curve-explicit',
    'leaf: the parameters of the curve are spelled out',
    () => ({ keyInfo: spkiOf(EXPLICIT) }),
    undefined,
    EXPLICIT,
  ),
  identityCase(
    'identity-key-curve-explicit',
    'identity certificate: the parameters of the curve are spelled out',
    (spec, world) => keyOf(spec, world, EXPLICIT_ALGORITHM),
  ),
  ...either('key-point-compressed', 'a compressed point', (spec, world) =>
    pointInstead(spec, world, (point) => Buffer.concat([Uint8Array.of(2 + ((point[64] as number) & 1)), point.subarray(1, 33)])),
  ),
  ...either('key-point-hybrid', 'a point in hybrid form', (spec, world) =>
    pointInstead(spec, world, (point) => Buffer.concat([Uint8Array.of(6 + ((point[64] as number) & 1)), point.subarray(1)])),
  ),
  ...either('key-point-infinity', 'the point at infinity', (spec, world) => pointInstead(spec, world, () => Uint8Array.of(0))),
  ...either('key-point-form', 'a point of 64 octets that says another form', (spec, world) =>
    pointInstead(spec, world, (point) => Buffer.concat([Uint8Array.of(9), point.subarray(2)])),
  ),
  ...either(
    'key-point-form',
    'a point of 64 octets',
    (spec, world) => pointInstead(spec, world, (point) => point.subarray(0, 64)),
    'short',
  ),
  ...either(
    'key-point-form',
    'a point of 66 octets',
    (spec, world) => pointInstead(spec, world, (point) => Buffer.concat([point, Uint8Array.of(0)])),
    'long',
  ),
  ...either('key-point-form', 'no point', (spec, world) => pointInstead(spec, world, () => NOTHING), 'empty'),
  leafCase('leaf-key-off-curve', 'leaf: a point beside the curve', (spec, world) =>
    pointInstead(spec, world, (point) => Buffer.concat([point.subarray(0, 64), Uint8Array.of((point[64] as number) ^ 1)])),
  ),
  identityCase('identity-key-foreign', 'identity certificate: made by a stranger around the history of the service', (spec) => {
    const key = newKey();
    const point = pointOf(key);
    const value = Buffer.concat([Uint8Array.of(0x04, 20), keyIdentifier(point)]);
    return {
      keyInfo: spkiOf(key),
      signingKey: key,
      ...exchange(spec, OID.subjectKeyIdentifier, extension(OID.subjectKeyIdentifier, false, value).der),
    };
  }),

  ...either('signature-range', 'r is zero', () => ({ signatureValue: (signature) => halves(NOTHING, signature.subarray(32)) })),
  ...either(
    'signature-range',
    's is zero',
    () => ({ signatureValue: (signature) => halves(signature.subarray(0, 32), NOTHING) }),
    's-zero',
  ),
  ...either('signature-range', 'r and s are zero', () => ({ signatureValue: () => halves(NOTHING, NOTHING) }), 'zero'),
  ...either(
    'signature-range',
    'r is negative',
    () => ({ signatureValue: () => bitString(sequence(Uint8Array.of(0x02, 0x01, 0x80), smallInteger(1))) }),
    'negative',
  ),
  ...either(
    'signature-range',
    's takes 33 octets',
    () => ({ signatureValue: (signature) => halves(signature.subarray(0, 32), new Uint8Array(33).fill(0x55)) }),
    'long',
  ),
  ...either('signature', 'the signature is damaged', () => ({
    signatureValue: (signature) =>
      bitString(writeSignature(Buffer.concat([signature.subarray(0, 63), Uint8Array.of((signature[63] as number) ^ 1)]))),
  })),
  ...either(
    'signature',
    'signed by the key of another identity',
    (_spec, world) => ({ signingKey: world.other.key }),
    'other-key',
  ),
  ...either(
    'signature',
    'r and s are exchanged',
    () => ({
      signatureValue: (signature) =>
        bitString(writeSignature(Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]))),
    }),
    'exchanged',
  ),
  leafCase(
    'leaf-signature',
    'leaf: signed by a leaf of the same service, in the name of the identity',
    (_spec, world) => ({ signingKey: world.leafKey }),
    'leaf-signed',
  ),
  leafCase(
    'leaf-signature',
    'leaf: another instance is written in after signing',
    (_spec, world) => ({
      finish: (bytes) => Buffer.from(Buffer.from(bytes).toString('latin1').replace(`/i/${world.instance}`, '/i/web-2'), 'latin1'),
    }),
    'changed',
  ),
  identityCase(
    'identity-signature',
    'identity certificate: signed over another algorithm inside',
    () => ({ innerAlgorithm: ECDSA_SHA256, digest: 'sha384' }),
    'digest',
  ),
];

function keyOf(spec: CertificateSpec, world: World, algorithm: Uint8Array): Pick<CertificateSpec, 'keyInfo'> {
  return { keyInfo: sequence(algorithm, bitString(ownPoint(spec, world))) };
}

function pointInstead(
  spec: CertificateSpec,
  world: World,
  change: (point: Uint8Array) => Uint8Array,
): Pick<CertificateSpec, 'keyInfo'> {
  const algorithm = sequence(oid(OID.ecPublicKey), oid(OID.p256));
  return { keyInfo: sequence(algorithm, bitString(change(ownPoint(spec, world)))) };
}

function ownPoint(spec: CertificateSpec, world: World): Uint8Array {
  return isLeaf(spec) ? pointOf(world.leafKey) : world.service.point;
}

function halves(r: Uint8Array, s: Uint8Array): Uint8Array {
  return bitString(sequence(unsignedInteger(r), unsignedInteger(s)));
}

function contentOf(der: Uint8Array): Uint8Array {
  const first = der[1] as number;
  return der.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}

function firstElement(der: Uint8Array): Uint8Array {
  const first = der[1] as number;
  if (first < 0x80) return der.subarray(0, 2 + first);
  const count = first & 0x7f;
  const length = der.subarray(2, 2 + count).reduce((sum, octet) => sum * 256 + octet, 0);
  return der.subarray(0, 2 + count + length);
}
