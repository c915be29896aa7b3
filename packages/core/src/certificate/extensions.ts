import { TAG, type DerReader } from '../asn1/der-reader.ts';
import { octetString, oid, sequence, yes } from '../asn1/der-writer.ts';
import { demand } from './defect.ts';
import { OID, OWN_ARC, type CertificateRole } from './profile.ts';

export interface Extension {
  readonly critical: boolean;
  /** DER, not read yet. */
  readonly value: Uint8Array;
}

/** The extensions that a certificate has, by their OID. */
export type Extensions = ReadonlyMap<string, Extension>;

const PROFILES: Readonly<Record<CertificateRole, ReadonlySet<string>>> = {
  leaf: new Set([
    OID.basicConstraints,
    OID.keyUsage,
    OID.extendedKeyUsage,
    OID.authorityKeyIdentifier,
    OID.subjectAltName,
    OID.membership,
  ]),
  identity: new Set([OID.basicConstraints, OID.keyUsage, OID.subjectKeyIdentifier, OID.subjectAltName, OID.keyHistory]),
};

export function writeExtension(name: string, extension: Extension): Uint8Array {
  return sequence(oid(name), ...(extension.critical ? [yes()] : []), octetString(extension.value));
}

/** Extensions (RFC 5280 section 4.1.2.9). */
export function readExtensions(role: CertificateRole, field: DerReader): Extensions {
  const list = field.enter(TAG.sequence, 'extensions');
  field.finish('extensions');
  demand(!list.done, `${role}-extensions-missing`, 'an empty list');
  const seen = new Map<string, Extension>();
  while (!list.done) {
    const entry = list.enter(TAG.sequence, 'extension');
    const name = entry.oid('extension');
    const critical = entry.flag(`critical of ${name}`);
    const value = entry.expect(TAG.octetString, `value of ${name}`).content;
    entry.finish(`extension ${name}`);
    demand(!seen.has(name), `${role}-extension-repeated`, name);
    seen.set(name, { critical, value });
  }
  return seen;
}

/**
 * What is not in the profile is refused, since another verifier may act upon it, but for non-critical extensions under
 * {@link OWN_ARC}, which only a newer release of ours makes.
 */
export function requireProfile(role: CertificateRole, extensions: Extensions): void {
  for (const [name, { critical }] of extensions) {
    if (PROFILES[role].has(name)) continue;
    demand(!critical, `${role}-extension-critical`, name);
    demand(name.startsWith(`${OWN_ARC}.`), `${role}-extension-foreign`, name);
    demand(role !== 'leaf' || name !== OID.keyHistory, 'leaf-history-present', name);
    demand(role !== 'identity' || name !== OID.membership, 'identity-membership-present', name);
  }
}
