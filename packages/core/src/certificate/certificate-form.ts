import { DerReader, TAG, type DerElement } from '../asn1/der-reader.ts';
import { requireEcdsaWithSha256 } from './algorithm.ts';
import { defect, demand, reading } from './defect.ts';
import { readExtensions, type Extensions } from './extensions.ts';
import { MAX_IDENTITY_CERTIFICATE_BYTES, MAX_LEAF_BYTES, MAX_SERIAL_OCTETS, type CertificateRole } from './profile.ts';
import { readSignature } from './signature.ts';
import { readPoint } from './subject-key.ts';
import { readTime } from './validity.ts';

/**
 * A certificate whose encoding, algorithms and outline were checked (RFC 5280 section 4.1), and nothing that it says.
 */
export interface CertificateForm {
  readonly role: CertificateRole;
  /** The whole of it, in memory of its own. */
  readonly bytes: Uint8Array;
  /** What the signature covers. */
  readonly signed: Uint8Array;
  /** Big-endian, without a sign octet. */
  readonly serial: Uint8Array;
  /** A Name in DER. */
  readonly issuer: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** A Name in DER. */
  readonly subject: Uint8Array;
  /** Of P-256, uncompressed. That it is on the curve is for whoever makes a key of it. */
  readonly point: Uint8Array;
  readonly extensions: Extensions;
  /** r ‖ s, as in JWS. */
  readonly signature: Uint8Array;
}

/**
 * @param der copied, so that whoever holds it cannot change what was verified
 * @throws CertificateDefect
 */
export function readCertificate(role: CertificateRole, der: Uint8Array): CertificateForm {
  requireSize(role, der);
  return reading(role, () => read(role, new Uint8Array(der)));
}

/** @throws CertificateDefect */
export function requireSize(role: CertificateRole, der: Uint8Array): void {
  const limit = role === 'leaf' ? MAX_LEAF_BYTES : MAX_IDENTITY_CERTIFICATE_BYTES;
  demand(der.length <= limit, `${role}-too-large`, `${der.length} bytes, at most ${limit}`);
}

function read(role: CertificateRole, bytes: Uint8Array): CertificateForm {
  const file = new DerReader(bytes);
  const certificate = file.enter(TAG.sequence, 'Certificate');
  demand(file.done, `${role}-der-trailing-bytes`, 'behind the certificate');
  const signed = certificate.expect(TAG.sequence, 'tbsCertificate');
  const algorithm = certificate.expect(TAG.sequence, 'signatureAlgorithm');
  const tbs = new DerReader(signed.content);

  requireVersion3(role, tbs.optional(0xa0, 'version'));
  const serial = readSerial(role, tbs.integer('serialNumber'));
  requireEcdsaWithSha256(role, tbs.expect(TAG.sequence, 'signature'), algorithm);
  const issuer = tbs.expect(TAG.sequence, 'issuer').bytes;
  const validity = tbs.enter(TAG.sequence, 'validity');
  const notBefore = readTime(role, validity.next('notBefore'));
  const notAfter = readTime(role, validity.next('notAfter'));
  validity.finish('validity');
  const subject = tbs.expect(TAG.sequence, 'subject').bytes;
  const point = readPoint(role, tbs.enter(TAG.sequence, 'subjectPublicKeyInfo'));
  demand(tbs.optional(0x81, 'issuerUniqueID') === undefined, `${role}-issuer-unique-id`, 'present');
  demand(tbs.optional(0x82, 'subjectUniqueID') === undefined, `${role}-subject-unique-id`, 'present');
  demand(!tbs.done, `${role}-extensions-missing`, 'none');
  const extensions = readExtensions(role, tbs.enter(0xa3, 'extensions'));
  tbs.finish('tbsCertificate');

  const signature = readSignature(role, certificate.octetsOfBits('signatureValue'));
  certificate.finish('Certificate');
  return { role, bytes, signed: signed.bytes, serial, issuer, notBefore, notAfter, subject, point, extensions, signature };
}

function requireVersion3(role: CertificateRole, version: DerElement | undefined): void {
  demand(version !== undefined, `${role}-version-1`, 'no version');
  const reader = new DerReader(version.content);
  const number = Buffer.from(reader.integer('version')).toString('hex');
  reader.finish('version');
  if (number === '02') return;
  if (number === '00') throw defect(`${role}-version-1`, 'spelled out');
  throw defect(number === '01' ? `${role}-version-2` : `${role}-version-unknown`, number);
}

function readSerial(role: CertificateRole, integer: Uint8Array): Uint8Array {
  const first = integer[0] as number;
  demand(first < 0x80, `${role}-serial-negative`, 'negative');
  demand(integer.length > 1 || first !== 0, `${role}-serial-zero`, '0');
  demand(integer.length <= MAX_SERIAL_OCTETS, `${role}-serial-long`, `${integer.length} octets`);
  return first === 0 ? integer.subarray(1) : integer;
}
