import { bitString, explicit, sequence, smallInteger, time } from '../asn1/der-writer.ts';
import type { Quorum } from '../statement/quorum.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../keys/signer.ts';
import { ECDSA_WITH_SHA256 } from './algorithm.ts';
import { writeSignature } from './signature.ts';
import { writePublicKeyInfo } from './subject-key.ts';

/** What the two kinds of certificates differ in. Everything is DER but for the dates and the key. */
export interface Template {
  /** An INTEGER. */
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: Uint8Array;
  /** Of P-256, uncompressed. */
  readonly point: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

const VERSION_3 = explicit(0, smallInteger(2));

/** TBSCertificate (RFC 5280 section 4.1.2). */
export function writeToBeSigned(template: Template): Uint8Array {
  return sequence(
    VERSION_3,
    template.serial,
    ECDSA_WITH_SHA256,
    template.issuer,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    writePublicKeyInfo(template.point),
    explicit(3, sequence(...template.extensions)),
  );
}

/** @param signature as in JWS: r ‖ s */
export function writeCertificate(toBeSigned: Uint8Array, signature: Uint8Array): Uint8Array {
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(writeSignature(signature)));
}

export async function sign(template: Template, signer: Signer, key: PublicKey): Promise<Uint8Array> {
  const toBeSigned = writeToBeSigned(template);
  return writeCertificate(toBeSigned, await signer.sign(key, toBeSigned));
}

/**
 * The key with which a signer makes certificates: its P-256 key, where that is an operational one.
 *
 * @throws TypeError where the identity is retired, asks for several signers, or does not have this one
 */
export function certificateKey(
  quorum: Quorum | undefined,
  signer: Signer,
): { readonly key: PublicKey; readonly point: Uint8Array } {
  if (quorum === undefined) throw new TypeError('a retired identity makes no certificates');
  if (quorum.threshold !== 1) throw new TypeError('a certificate has one signature, and the identity asks for more signers');
  const operational = new Set(quorum.signers.flatMap((entry) => entry.keys.map((key) => key.thumbprint)));
  const key = signer.keys.find((candidate) => candidate.algorithm === 'ES256' && operational.has(candidate.thumbprint));
  if (key?.point === undefined) throw new TypeError('the signer holds no operational P-256 key of the last event');
  return { key, point: key.point };
}
