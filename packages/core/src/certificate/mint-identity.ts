import type { History } from '../identity/history.ts';
import { identitySpiffeId } from '../identity/spiffe-id.ts';
import type { Signer } from '../keys/signer.ts';
import { writeAltName } from './alt-name.ts';
import { writeKeyHistory } from './carried-statements.ts';
import { writeExtension } from './extensions.ts';
import { identitySerial } from './identity-certificate.ts';
import { writeIdentityName } from './identity-name.ts';
import { keyIdentifier, writeSubjectKeyIdentifier } from './key-identifier.ts';
import { BACKDATE_SECONDS, MAX_IDENTITY_CERTIFICATE_BYTES, NO_END, OID } from './profile.ts';
import { certificateKey, sign, writeCertificate, writeToBeSigned, type Template } from './template.ts';
import { AUTHORITY_OVER_LEAVES, CERTIFICATE_SIGNING } from './usage.ts';

export interface IdentityCertificatePlan {
  readonly history: History;
  /** One of the operational signers of the last event. */
  readonly signer: Signer;
}

/**
 * Makes the identity certificate of a history, in DER: self-signed, with the history in it.
 *
 * Nothing in it is chosen: of one history and one signer, only the signature differs from one making to the next.
 *
 * @throws TypeError where the identity is retired, asks for several signers, does not have this one, or no longer
 * {@link fitsCertificate}
 */
export async function mintIdentityCertificate({ history, signer }: IdentityCertificatePlan): Promise<Uint8Array> {
  const { key, point } = certificateKey(history.quorum, signer);
  if (!fitsCertificate(history)) throw new TypeError(`the history does not fit into ${MAX_IDENTITY_CERTIFICATE_BYTES} bytes`);
  return sign(template(history, point), signer, key);
}

/**
 * Whether a history is short enough for an identity certificate. A rotation that would make it longer must not be
 * published: nobody could present it.
 */
export function fitsCertificate(history: History): boolean {
  const toBeSigned = writeToBeSigned(template(history, new Uint8Array(65).fill(0xff)));
  const largest = writeCertificate(toBeSigned, new Uint8Array(64).fill(0xff));
  return largest.length <= MAX_IDENTITY_CERTIFICATE_BYTES;
}

function template(history: History, point: Uint8Array): Template {
  const name = writeIdentityName(history.id, history.seq);
  return {
    serial: identitySerial(history, point),
    issuer: name,
    notBefore: history.last.claims.iat - BACKDATE_SECONDS,
    notAfter: NO_END,
    subject: name,
    point,
    extensions: [
      writeExtension(OID.basicConstraints, { critical: true, value: AUTHORITY_OVER_LEAVES }),
      writeExtension(OID.keyUsage, { critical: true, value: CERTIFICATE_SIGNING }),
      writeExtension(OID.subjectKeyIdentifier, { critical: false, value: writeSubjectKeyIdentifier(keyIdentifier(point)) }),
      writeExtension(OID.subjectAltName, { critical: false, value: writeAltName(identitySpiffeId(history.id)) }),
      writeExtension(OID.keyHistory, { critical: false, value: writeKeyHistory(history.wires) }),
    ],
  };
}
