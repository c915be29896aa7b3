import {
  bitString,
  element,
  explicit,
  octetString,
  oid,
  sequence,
  smallInteger,
  utf8String,
  yes,
} from '../../src/asn1/der-writer.ts';
import { writeSignature } from '../../src/certificate/signature.ts';
import { OID, OWN_ARC } from '../../src/certificate/profile.ts';
import { adding, exchange, extension, NOTHING, NULL, pointOf, type CertificateSpec, type World } from './chain-builder.ts';
import { either, identityCase, leafCase, type InvalidCase } from './invalid-case.ts';

const POISON = Uint8Array.of(0xde, 0xad);

/** Where BER and DER differ, where an encoding is cut or goes on, and sizes. */
export const ENCODING_CASES: readonly InvalidCase[] = [
  leafCase('leaf-too-large', 'leaf: 17 KiB, most of it a membership', (spec) =>
    adding(spec, extension(OID.membership, false, utf8String(new Uint8Array(17 * 1024).fill(0x41)))),
  ),
  identityCase('identity-too-large', 'identity certificate: beyond 64 KiB by an extension of a later release', (spec) =>
    adding(spec, extension(`${OWN_ARC}.99`, false, octetString(new Uint8Array(64 * 1024)))),
  ),

  ...either('der-truncated', 'the last byte is cut off', () => ({ finish: (bytes) => bytes.subarray(0, -1) })),
  ...either(
    'der-truncated',
    'cut in the middle of the first length',
    () => ({ finish: (bytes) => bytes.subarray(0, 2) }),
    'length',
  ),
  ...either(
    'der-truncated',
    'an inner element is longer than what it stands in',
    () => ({ serial: Uint8Array.of(0x02, 0x83, 0xff, 0xff, 0xff) }),
    'inner',
  ),
  ...either('der-missing', 'no bytes', () => ({ finish: () => NOTHING }), 'empty'),
  ...either('der-missing', 'no notAfter', () => ({ notAfter: NOTHING })),
  ...either('der-missing', 'no signature', () => ({ signatureValue: () => NOTHING }), 'signature'),
  ...either('der-surplus', 'an element behind the signature', () => ({ behindSignature: NULL })),
  ...either('der-surplus', 'an element behind the extensions', () => ({ behindExtensions: NULL }), 'behind-extensions'),
  ...either('der-surplus', 'a third date', (spec) => ({ notAfter: Buffer.concat([spec.notAfter, spec.notAfter]) }), 'third-date'),
  ...either('der-trailing-bytes', 'one zero byte behind the certificate', () => ({ finish: append(Uint8Array.of(0)) })),
  ...either(
    'der-trailing-bytes',
    'a second certificate in the same bytes',
    () => ({ finish: (bytes) => Buffer.concat([bytes, bytes]) }),
    'second',
  ),
  ...either('der-tag', 'the serial number is an OCTET STRING', () => ({ serial: octetString(Uint8Array.of(1)) })),
  ...either('der-tag', 'the issuer is a SET', () => ({ issuer: element(0x31) }), 'issuer'),
  ...either('der-tag', 'a date is text', (spec) => ({ notAfter: utf8String(spec.notAfter.subarray(2)) }), 'date'),
  ...either('der-tag', 'the one name has the unassigned tag 9', (spec) => sanOf(spec, element(0x89, POISON)), 'name'),
  ...either('der-tag-long', 'a tag of two octets', () => ({ serial: Uint8Array.of(0x1f, 0x02, 0x01, 0x05) })),
  ...either('der-constructed', 'the signature is put together from parts', () => ({
    signatureValue: (signature) => element(0x23, bitString(writeSignature(signature))),
  })),
  ...either(
    'der-constructed',
    'the value of an extension is put together from parts',
    (spec) => exchange(spec, OID.keyUsage, sequence(oid(OID.keyUsage), yes(), element(0x24, octetString(keyUsage(spec))))),
    'extension',
  ),
  ...either('der-length-indefinite', 'the certificate has an indefinite length', () => ({
    finish: (bytes) => Buffer.concat([Uint8Array.of(0x30, 0x80), contentOf(bytes), new Uint8Array(2)]),
  })),
  ...either(
    'der-length-indefinite',
    'a name has an indefinite length',
    (spec) => ({
      issuer: Buffer.concat([Uint8Array.of(0x30, 0x80), spec.issuer.subarray(2), new Uint8Array(2)]),
    }),
    'name',
  ),
  ...either('der-length-padded', 'the length of the certificate has a zero octet before it', () => ({ finish: padLength })),
  ...either(
    'der-length-padded',
    'a short length in long form',
    () => ({ serial: Uint8Array.of(0x02, 0x81, 0x01, 0x05) }),
    'short',
  ),
  ...either('der-length-long', 'a length of four octets', () => ({ serial: Uint8Array.of(0x02, 0x84, 0x01, 0, 0, 0) })),
  ...either('der-length-long', 'the reserved length octet 0xff', () => ({ serial: Uint8Array.of(0x02, 0xff, 0x01) }), 'reserved'),
  ...either('der-integer-empty', 'a serial number without octets', () => ({ serial: Uint8Array.of(0x02, 0x00) })),
  ...either('der-integer-padded', 'a zero octet before a positive serial number', () => ({
    serial: Uint8Array.of(0x02, 0x02, 0x00, 0x01),
  })),
  ...either(
    'der-integer-padded',
    'an 0xff octet before a negative serial number',
    () => ({ serial: Uint8Array.of(0x02, 0x02, 0xff, 0x80) }),
    'negative',
  ),
  ...either(
    'der-integer-padded',
    'a zero octet before r',
    () => ({
      signatureValue: (signature) =>
        bitString(sequence(element(0x02, new Uint8Array(2), signature.subarray(0, 31)), smallInteger(1))),
    }),
    'signature',
  ),
  ...either('der-boolean', 'critical is 0x01', (spec) =>
    exchange(spec, OID.keyUsage, sequence(oid(OID.keyUsage), Uint8Array.of(0x01, 0x01, 0x01), octetString(keyUsage(spec)))),
  ),
  ...either(
    'der-boolean',
    'critical has two octets',
    (spec) =>
      exchange(
        spec,
        OID.keyUsage,
        sequence(oid(OID.keyUsage), Uint8Array.of(0x01, 0x02, 0xff, 0xff), octetString(keyUsage(spec))),
      ),
    'long',
  ),
  ...either('der-default', 'critical FALSE is spelled out', (spec) =>
    exchange(spec, OID.keyUsage, sequence(oid(OID.keyUsage), Uint8Array.of(0x01, 0x01, 0x00), octetString(keyUsage(spec)))),
  ),
  leafCase(
    'leaf-der-default',
    'leaf: cA FALSE is spelled out',
    (spec) =>
      exchange(spec, OID.basicConstraints, extension(OID.basicConstraints, true, sequence(Uint8Array.of(0x01, 0x01, 0x00))).der),
    'ca',
  ),
  ...either('der-bits', 'more than seven unused bits', (spec) => usageOf(spec, Uint8Array.of(0x03, 0x02, 0x08, 0x00))),
  ...either('der-bits', 'an unused bit is set', (spec) => usageOf(spec, Uint8Array.of(0x03, 0x02, 0x03, 0x84)), 'unused-set'),
  ...either(
    'der-bits',
    'named bits end with a zero',
    (spec) => usageOf(spec, Uint8Array.of(0x03, 0x02, 0x00, 0x84)),
    'named-zero',
  ),
  ...either('der-bits', 'unused bits of no octet', (spec) => usageOf(spec, Uint8Array.of(0x03, 0x01, 0x01)), 'no-octet'),
  ...either('der-bits', 'not even the count of unused bits', (spec) => usageOf(spec, Uint8Array.of(0x03, 0x00)), 'empty'),
  ...either(
    'der-bits',
    'the key is not a whole number of octets',
    (spec, world) => ({
      keyInfo: sequence(
        contentOf(spec.keyInfo).subarray(0, 21),
        bitString(Buffer.concat([pointOf(world.leafKey).subarray(0, 64), Uint8Array.of(0)]), 1),
      ),
    }),
    'key',
  ),
  ...either('der-oid', 'a component has a zero before it', (spec) => oidOf(spec, [0x55, 0x80, 0x1d, 0x0f])),
  ...either('der-oid', 'the last component does not end', (spec) => oidOf(spec, [0x55, 0x1d, 0x8f]), 'open'),
  ...either('der-oid', 'no component', (spec) => oidOf(spec, []), 'empty'),
  ...either('der-oid', 'a component beyond 31 bits', (spec) => oidOf(spec, [0x69, 0x88, 0x80, 0x80, 0x80, 0x00]), 'large'),
  identityCase(
    'identity-der-tag',
    'identity certificate: an event is an OCTET STRING',
    (spec, world) =>
      exchange(
        spec,
        OID.keyHistory,
        extension(OID.keyHistory, false, sequence(...world.service.history.wires.map(octetString))).der,
      ),
    'event',
  ),
  leafCase(
    'leaf-der-tag',
    'leaf: the membership is an OCTET STRING',
    (spec) => adding(spec, extension(OID.membership, false, octetString(POISON))),
    'membership',
  ),
  leafCase(
    'leaf-der-surplus',
    'leaf: an element behind the membership',
    (spec) => adding(spec, extension(OID.membership, false, Buffer.concat([utf8String(POISON), NULL]))),
    'membership',
  ),
  ...either(
    'der-surplus',
    'an element behind the key usage',
    (spec) => usageOf(spec, Buffer.concat([keyUsage(spec), NULL])),
    'usage',
  ),
  ...either(
    'der-surplus',
    'two lists of extensions',
    () => ({
      extensionsField: (list) => explicit(3, Buffer.concat([list, list])),
    }),
    'lists',
  ),
];

export function sanOf(spec: CertificateSpec, ...names: readonly Uint8Array[]): Pick<CertificateSpec, 'extensions'> {
  const critical = isLeaf(spec);
  return exchange(spec, OID.subjectAltName, extension(OID.subjectAltName, critical, sequence(...names)).der);
}

/** The URI that the certificate should have. */
export function uriOf(spec: CertificateSpec, world: World): string {
  const id = world.service.history.id;
  return isLeaf(spec) ? `spiffe://${id}/i/${world.instance}` : `spiffe://${id}`;
}

export function isLeaf(spec: CertificateSpec): boolean {
  return spec.extensions.some(({ name }) => name === OID.authorityKeyIdentifier);
}

function append(tail: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => Buffer.concat([bytes, tail]);
}

/** Of an element whose length takes one or three octets. */
function contentOf(der: Uint8Array): Uint8Array {
  return (der[1] as number) < 0x80 ? der.subarray(2) : der.subarray(4);
}

function padLength(certificate: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(0x30, 0x83, 0x00), certificate.subarray(2)]);
}

function keyUsage(spec: CertificateSpec): Uint8Array {
  return isLeaf(spec) ? Uint8Array.of(0x03, 0x02, 0x07, 0x80) : Uint8Array.of(0x03, 0x02, 0x02, 0x04);
}

function usageOf(spec: CertificateSpec, value: Uint8Array): Pick<CertificateSpec, 'extensions'> {
  return exchange(spec, OID.keyUsage, extension(OID.keyUsage, true, value).der);
}

function oidOf(spec: CertificateSpec, content: readonly number[]): Pick<CertificateSpec, 'extensions'> {
  return exchange(spec, OID.keyUsage, sequence(element(0x06, Uint8Array.from(content)), yes(), octetString(keyUsage(spec))));
}
