import { DerReader, type DerElement } from '../asn1/der-reader.ts';
import { oid, sequence } from '../asn1/der-writer.ts';
import { demand } from './defect.ts';
import { OID, type CertificateRole } from './profile.ts';

/** The only signature algorithm of certificates; RFC 5758 section 3.2 leaves its parameters out. */
export const ECDSA_WITH_SHA256: Uint8Array = sequence(oid(OID.ecdsaWithSha256));

/** @param inner the AlgorithmIdentifier inside what is signed; @param outer the one beside the signature */
export function requireEcdsaWithSha256(role: CertificateRole, inner: DerElement, outer: DerElement): void {
  const reader = new DerReader(inner.content);
  const algorithm = reader.oid('signature');
  demand(algorithm === OID.ecdsaWithSha256, `${role}-algorithm`, algorithm);
  demand(reader.done, `${role}-algorithm-parameters`, 'present');
  demand(Buffer.compare(inner.bytes, outer.bytes) === 0, `${role}-algorithm-differs`, 'inside and outside');
}
