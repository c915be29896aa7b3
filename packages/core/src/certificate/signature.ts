import { DerReader, TAG } from '../asn1/der-reader.ts';
import { sequence, unsignedInteger } from '../asn1/der-writer.ts';
import { demand } from './defect.ts';
import type { CertificateRole } from './profile.ts';

const HALF = 32;

/** Ecdsa-Sig-Value (RFC 3279 section 2.2.3) of a signature as in JWS: r ‖ s. */
export function writeSignature(signature: Uint8Array): Uint8Array {
  return sequence(unsignedInteger(signature.subarray(0, HALF)), unsignedInteger(signature.subarray(HALF)));
}

/** @returns r ‖ s */
export function readSignature(role: CertificateRole, value: Uint8Array): Uint8Array {
  const reader = new DerReader(value);
  const halves = reader.enter(TAG.sequence, 'signature');
  reader.finish('signature');
  const r = readHalf(role, halves.integer('r'));
  const s = readHalf(role, halves.integer('s'));
  halves.finish('signature');
  return Buffer.concat([r, s]);
}

function readHalf(role: CertificateRole, integer: Uint8Array): Uint8Array {
  const [first] = integer;
  const magnitude = first === 0 ? integer.subarray(1) : integer;
  const sound = (first as number) < 0x80 && magnitude.length >= 1 && magnitude.length <= HALF;
  demand(sound, `${role}-signature-range`, `${integer.length} octets`);
  return Buffer.concat([new Uint8Array(HALF - magnitude.length), magnitude]);
}
