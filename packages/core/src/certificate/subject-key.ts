import { TAG, DerReader } from '../asn1/der-reader.ts';
import { bitString, oid, sequence } from '../asn1/der-writer.ts';
import { defect, demand } from './defect.ts';
import { OID, type CertificateRole } from './profile.ts';

const P256 = sequence(oid(OID.ecPublicKey), oid(OID.p256));
const POINT_OCTETS = 65;

/** SubjectPublicKeyInfo (RFC 5480 section 2). @param point of P-256, uncompressed */
export function writePublicKeyInfo(point: Uint8Array): Uint8Array {
  return sequence(P256, bitString(point));
}

/**
 * The point of a P-256 key. Nothing here hands the key to a parser of keys: its algorithm, its curve, that the curve is
 * named (CVE-2020-0601) and the form of the point are settled before any does.
 */
export function readPoint(role: CertificateRole, info: DerReader): Uint8Array {
  const algorithm = info.enter(TAG.sequence, 'key algorithm');
  const name = algorithm.oid('key algorithm');
  demand(name === OID.ecPublicKey, `${role}-key-algorithm`, name);
  requireNamedP256(role, algorithm);
  const point = info.octetsOfBits('subjectPublicKey');
  info.finish('subjectPublicKeyInfo');
  requireUncompressed(role, point);
  return point;
}

function requireNamedP256(role: CertificateRole, algorithm: DerReader): void {
  demand(!algorithm.done, `${role}-key-curve-missing`, 'no parameters');
  const parameters = algorithm.next('curve');
  algorithm.finish('key algorithm');
  demand(parameters.tag !== TAG.null, `${role}-key-curve-missing`, 'NULL: the curve of the issuer');
  demand(parameters.tag !== TAG.sequence, `${role}-key-curve-explicit`, `${parameters.content.length} bytes`);
  const curve = new DerReader(parameters.bytes).oid('curve');
  demand(curve === OID.p256, `${role}-key-curve`, curve);
}

function requireUncompressed(role: CertificateRole, point: Uint8Array): void {
  switch (point[0]) {
    case 0x00:
      throw defect(`${role}-key-point-infinity`, `${point.length} octets`);
    case 0x02:
    case 0x03:
      throw defect(`${role}-key-point-compressed`, `${point.length} octets`);
    case 0x06:
    case 0x07:
      throw defect(`${role}-key-point-hybrid`, `${point.length} octets`);
    default:
      demand(point[0] === 0x04 && point.length === POINT_OCTETS, `${role}-key-point-form`, `${point.length} octets`);
  }
}
