import { DerReader, TAG } from '../asn1/der-reader.ts';
import { namedBit, oid, sequence, smallInteger, yes } from '../asn1/der-writer.ts';
import { demand } from './defect.ts';
import type { Extensions } from './extensions.ts';
import { KEY_USAGE, OID, type CertificateRole } from './profile.ts';

/** basicConstraints of a leaf: cA FALSE is the default, and left out. */
export const NO_AUTHORITY: Uint8Array = sequence();

/** basicConstraints of an identity certificate: it signs leaves, and no further authorities. */
export const AUTHORITY_OVER_LEAVES: Uint8Array = sequence(yes(), smallInteger(0));

export const DIGITAL_SIGNATURE: Uint8Array = namedBit(KEY_USAGE.digitalSignature);
export const CERTIFICATE_SIGNING: Uint8Array = namedBit(KEY_USAGE.keyCertSign);

/** Every instance both calls and is called. */
export const BOTH_ENDS_OF_TLS: Uint8Array = sequence(oid(OID.serverAuth), oid(OID.clientAuth));

/** A leaf signs no certificates (RFC 5280 section 4.2.1.9), only handshakes, at either end. */
export function requireLeafUsage(extensions: Extensions): void {
  const { authority, pathLength } = readBasicConstraints('leaf', extensions);
  demand(!authority, 'leaf-ca', 'cA is true');
  demand(pathLength === undefined, 'leaf-path-length', 'present');
  requireKeyUsage('leaf', extensions, KEY_USAGE.digitalSignature);
  requireBothEndsOfTls(extensions);
}

export function requireAuthorityUsage(extensions: Extensions): void {
  const { authority, pathLength } = readBasicConstraints('identity', extensions);
  demand(authority, 'identity-not-ca', 'cA is false');
  demand(pathLength !== undefined, 'identity-path-length-missing', 'none');
  demand(
    pathLength.length === 1 && pathLength[0] === 0,
    'identity-path-length',
    Buffer.from(pathLength.subarray(0, 8)).toString('hex'),
  );
  requireKeyUsage('identity', extensions, KEY_USAGE.keyCertSign);
}

interface BasicConstraints {
  readonly authority: boolean;
  /** As it is encoded. */
  readonly pathLength: Uint8Array | undefined;
}

function readBasicConstraints(role: CertificateRole, extensions: Extensions): BasicConstraints {
  const extension = extensions.get(OID.basicConstraints);
  demand(extension !== undefined, `${role}-basic-constraints-missing`, 'none');
  demand(extension.critical, `${role}-basic-constraints-not-critical`, 'not critical');
  const reader = new DerReader(extension.value);
  const constraints = reader.enter(TAG.sequence, 'basicConstraints');
  reader.finish('basicConstraints');
  const authority = constraints.flag('cA');
  const pathLength = constraints.done ? undefined : constraints.integer('pathLenConstraint');
  constraints.finish('basicConstraints');
  return { authority, pathLength };
}

function requireKeyUsage(role: CertificateRole, extensions: Extensions, wanted: number): void {
  const extension = extensions.get(OID.keyUsage);
  demand(extension !== undefined, `${role}-key-usage-missing`, 'none');
  demand(extension.critical, `${role}-key-usage-not-critical`, 'not critical');
  const reader = new DerReader(extension.value);
  const bits = reader.namedBits('keyUsage');
  reader.finish('keyUsage');
  demand(bits.includes(wanted), `${role}-key-usage-other`, `bits ${bits.slice(0, 9).join(' ')}, wanted ${wanted}`);
  demand(bits.length === 1, `${role}-key-usage-extra`, `bits ${bits.slice(0, 9).join(' ')}, wanted ${wanted}`);
}

function requireBothEndsOfTls(extensions: Extensions): void {
  const extension = extensions.get(OID.extendedKeyUsage);
  demand(extension !== undefined, 'leaf-eku-missing', 'none');
  demand(!extension.critical, 'leaf-eku-critical', 'critical');
  const reader = new DerReader(extension.value);
  const list = reader.enter(TAG.sequence, 'extendedKeyUsage');
  reader.finish('extendedKeyUsage');
  const purposes = new Set<string>();
  while (!list.done) {
    const purpose = list.oid('purpose');
    demand(!purposes.has(purpose), 'leaf-eku-repeated', purpose);
    purposes.add(purpose);
  }
  demand(purposes.has(OID.serverAuth), 'leaf-eku-server-missing', `${purposes.size} purposes`);
  demand(purposes.has(OID.clientAuth), 'leaf-eku-client-missing', `${purposes.size} purposes`);
  demand(purposes.size === 2, 'leaf-eku-extra', `${purposes.size} purposes`);
}
