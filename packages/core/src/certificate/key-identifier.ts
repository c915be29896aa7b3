import { DerReader, TAG } from '../asn1/der-reader.ts';
import { implicit, octetString, sequence } from '../asn1/der-writer.ts';
import { sha256 } from '../encoding/sha256.ts';
import { demand } from './defect.ts';
import type { Extensions } from './extensions.ts';
import { OID } from './profile.ts';

/** RFC 7093 section 2, method 1: the leftmost 160 bits of SHA-256 of the public key. */
export function keyIdentifier(point: Uint8Array): Uint8Array {
  return sha256(point).subarray(0, 20);
}

export function writeSubjectKeyIdentifier(keyId: Uint8Array): Uint8Array {
  return octetString(keyId);
}

export function writeAuthorityKeyIdentifier(keyId: Uint8Array): Uint8Array {
  return sequence(implicit(0, keyId));
}

/** @returns the key identifier of an identity certificate that has this key */
export function readSubjectKeyIdentifier(extensions: Extensions, point: Uint8Array): Uint8Array {
  const extension = extensions.get(OID.subjectKeyIdentifier);
  demand(extension !== undefined, 'identity-ski-missing', 'none');
  demand(!extension.critical, 'identity-ski-critical', 'critical');
  const reader = new DerReader(extension.value);
  const keyId = reader.expect(TAG.octetString, 'subjectKeyIdentifier').content;
  reader.finish('subjectKeyIdentifier');
  demand(Buffer.compare(keyId, keyIdentifier(point)) === 0, 'identity-ski', 'another key');
  return keyId;
}

/** @returns the key identifier of the key that signed a leaf, as the leaf says it */
export function readAuthorityKeyIdentifier(extensions: Extensions): Uint8Array {
  const extension = extensions.get(OID.authorityKeyIdentifier);
  demand(extension !== undefined, 'leaf-aki-missing', 'none');
  demand(!extension.critical, 'leaf-aki-critical', 'critical');
  const reader = new DerReader(extension.value);
  const fields = reader.enter(TAG.sequence, 'authorityKeyIdentifier');
  reader.finish('authorityKeyIdentifier');
  const keyId = fields.optional(0x80, 'keyIdentifier');
  demand(keyId !== undefined && fields.done, 'leaf-aki-form', 'not a key identifier alone');
  return keyId.content;
}
