import { element, explicit, implicit, oid, sequence, smallInteger, time, unsignedInteger } from '../../src/asn1/der-writer.ts';
import { NO_END, OID } from '../../src/certificate/profile.ts';
import { build, leafSpec, nameOf, NOTHING, NULL } from './chain-builder.ts';
import { either, identityCase, invalidCase, leafCase, validPresentation, type InvalidCase } from './invalid-case.ts';

const OTHER_ALGORITHMS = [
  ['ECDSA with SHA-1', 'sha1', sequence(oid('1.2.840.10045.4.1'))],
  ['ECDSA with SHA-384', 'sha384', sequence(oid('1.2.840.10045.4.3.3'))],
  ['RSA with SHA-256', 'sha256', sequence(oid('1.2.840.113549.1.1.11'), NULL)],
  ['Ed25519', 'sha256', sequence(oid('1.3.101.112'))],
] as const;

/** Versions, numbers, algorithms, issuers and dates. */
export const OUTLINE_CASES: readonly InvalidCase[] = [
  ...either('version-1', 'version 1, by its absence', () => ({ version: NOTHING })),
  ...either('version-1', 'version 1, spelled out', () => ({ version: explicit(0, smallInteger(0)) }), 'explicit'),
  ...either('version-2', 'version 2', () => ({ version: explicit(0, smallInteger(1)) })),
  ...either('version-unknown', 'version 4', () => ({ version: explicit(0, smallInteger(3)) })),
  ...either('serial-negative', 'serial number -1', () => ({ serial: Uint8Array.of(0x02, 0x01, 0xff) })),
  ...either('serial-zero', 'serial number 0', () => ({ serial: smallInteger(0) })),
  ...either('serial-long', 'a serial number of 21 octets', () => ({ serial: unsignedInteger(new Uint8Array(21).fill(0x55)) })),
  ...either(
    'serial-long',
    'a serial number of 160 bits and a sign octet',
    () => ({ serial: unsignedInteger(new Uint8Array(20).fill(0xff)) }),
    'sign',
  ),
  identityCase('identity-serial', 'identity certificate: another serial number', () => ({ serial: smallInteger(1) })),

  ...OTHER_ALGORITHMS.flatMap(([name, digest, algorithm], index) =>
    either(
      'algorithm',
      `signed as ${name}`,
      () => ({ innerAlgorithm: algorithm, outerAlgorithm: algorithm, digest }),
      index === 0 ? undefined : String(index),
    ),
  ),
  ...either('algorithm-parameters', 'NULL as parameters of the algorithm', () => {
    const algorithm = sequence(oid(OID.ecdsaWithSha256), NULL);
    return { innerAlgorithm: algorithm, outerAlgorithm: algorithm };
  }),
  ...either('algorithm-differs', 'parameters outside, none inside', () => ({
    outerAlgorithm: sequence(oid(OID.ecdsaWithSha256), NULL),
  })),
  ...either(
    'algorithm-differs',
    'SHA-384 outside, SHA-256 inside',
    () => ({ outerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) }),
    'sha384',
  ),

  ...either('issuer', 'the issuer is another identity', (_spec, world) => ({ issuer: nameOf(world.other.history.id, 0) })),
  ...either(
    'issuer',
    'the issuer has another key sequence',
    (_spec, world) => ({ issuer: nameOf(world.service.history.id, 1) }),
    'sequence',
  ),
  ...either('issuer', 'the issuer is empty', () => ({ issuer: sequence() }), 'empty'),

  ...either('time-form', 'a UTCTime without seconds', () => ({ notBefore: element(0x17, Buffer.from('2601010000Z')) })),
  ...either(
    'time-form',
    'a UTCTime with an offset',
    () => ({ notBefore: element(0x17, Buffer.from('260101000000+0000')) }),
    'offset',
  ),
  ...either('time-form', 'a UTCTime in local time', () => ({ notBefore: element(0x17, Buffer.from('260101000000')) }), 'local'),
  ...either(
    'time-form',
    'a GeneralizedTime with a fraction',
    () => ({ notAfter: element(0x18, Buffer.from('20510101000000.0Z')) }),
    'fraction',
  ),
  ...either('time-form', 'a date with a NUL', () => ({ notBefore: element(0x17, Buffer.from('260101000000\0')) }), 'nul'),
  ...either('time-type', 'a GeneralizedTime before 2050', () => ({ notBefore: element(0x18, Buffer.from('20260101000000Z')) })),
  ...['261301000000', '260230000000', '260101240000', '260101000060', '260001000000'].flatMap((date, index) =>
    either(
      'time-date',
      `the date ${date}Z`,
      () => ({ notBefore: element(0x17, Buffer.from(`${date}Z`)) }),
      index === 0 ? undefined : date,
    ),
  ),
  leafCase('leaf-not-yet-valid', 'leaf: begins in a second', (_spec, { now }) => ({ notBefore: time(now + 1) })),
  invalidCase('identity-not-yet-valid', 'identity certificate: begins in a second', undefined, (world) => {
    const repaired = validPresentation(world);
    const now = world.now - 61;
    const leaf = build({ ...leafSpec(world), notBefore: time(now) });
    const chain = [leaf, ...repaired.chain.slice(1)];
    return { broken: { ...repaired, now, chain }, repaired: { ...repaired, now: now + 1, chain } };
  }),
  leafCase('leaf-expired', 'leaf: ended a second ago', (_spec, { now }) => ({ notAfter: time(now - 1) })),
  leafCase('leaf-time-order', 'leaf: ends before it begins', (spec) => ({ notBefore: spec.notAfter, notAfter: spec.notBefore })),
  leafCase('leaf-life', 'leaf: lives a second more than a day', (_spec, { now }) => ({ notAfter: time(now + 86_401) })),
  leafCase('leaf-life', 'leaf: never ends', () => ({ notAfter: time(NO_END) }), 'endless'),
  identityCase('identity-not-before', 'identity certificate: begins a second sooner than its event says', (_spec, { now }) => ({
    notBefore: time(now - 61),
  })),
  identityCase('identity-not-after', 'identity certificate: ends in a year', (_spec, { now }) => ({
    notAfter: time(now + 31_536_000),
  })),
  identityCase('identity-not-after', 'identity certificate: ended', (_spec, { now }) => ({ notAfter: time(now - 1) }), 'past'),

  ...either('issuer-unique-id', 'an issuerUniqueID', () => ({ uniqueIds: implicit(1, Uint8Array.of(0, 1)) })),
  ...either('subject-unique-id', 'a subjectUniqueID', () => ({ uniqueIds: implicit(2, Uint8Array.of(0, 1)) })),
];
