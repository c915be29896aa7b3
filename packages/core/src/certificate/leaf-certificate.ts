import { sequence } from '../asn1/der-writer.ts';
import type { IdentityId } from '../identity/id.ts';
import { InstanceName } from '../identity/spiffe-id.ts';
import { PublicKey } from '../keys/public-key.ts';
import type { Verdict } from '../outcome/verdict.ts';
import { readAltName } from './alt-name.ts';
import { readMembership } from './carried-statements.ts';
import { readCertificate, type CertificateForm } from './certificate-form.ts';
import { demand, judge, reading } from './defect.ts';
import { requireProfile } from './extensions.ts';
import { readAuthorityKeyIdentifier } from './key-identifier.ts';
import { BACKDATE_SECONDS, MAX_LEAF_SECONDS } from './profile.ts';
import { requireLeafUsage } from './usage.ts';

/** A leaf that has the form and the profile of one. Nobody has looked at its signature, its dates or who made it. */
export interface LeafForm extends CertificateForm {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  readonly key: PublicKey;
  /** The identifier of the key that is said to have signed it. */
  readonly authorityKeyId: Uint8Array;
  /** The wire form of a statement that nobody has verified. */
  readonly membership: Uint8Array | undefined;
}

/** The subject of every leaf: no name stands beside its SPIFFE ID for anybody to read instead. */
export const EMPTY_NAME: Uint8Array = sequence();

/** The key of a leaf, believing nothing: to hold against a private key of one's own. */
export function leafPublicKey(leaf: Uint8Array): Verdict<PublicKey> {
  return judge(() => readLeaf(leaf).key);
}

/** @throws CertificateDefect */
export function readLeaf(der: Uint8Array): LeafForm {
  const form = readCertificate('leaf', der);
  return reading('leaf', () => {
    const { extensions, point } = form;
    const { id, path, critical } = readAltName('leaf', extensions);
    const instance = path.startsWith('/i/') ? InstanceName.parse(path.slice(3)) : undefined;
    demand(instance !== undefined, 'leaf-san-path', path);
    requireProfile('leaf', extensions);
    demand(critical, 'leaf-san-not-critical', 'not critical');
    demand(Buffer.compare(form.subject, EMPTY_NAME) === 0, 'leaf-subject', `${form.subject.length} bytes`);
    requireLeafUsage(extensions);
    const authorityKeyId = readAuthorityKeyIdentifier(extensions);
    const membership = readMembership(extensions);
    const key = PublicKey.fromPoint(point);
    demand(key !== undefined, 'leaf-key-off-curve', 'no point of P-256');
    return { ...form, id, instance, key, authorityKeyId, membership };
  });
}

/** @param now seconds since 1970 */
export function requireLeafTimes({ notBefore, notAfter }: LeafForm, now: number): void {
  demand(notBefore <= notAfter, 'leaf-time-order', `${notBefore} to ${notAfter}`);
  demand(notAfter - notBefore <= MAX_LEAF_SECONDS + BACKDATE_SECONDS, 'leaf-life', `${notAfter - notBefore} s`);
  demand(now >= notBefore, 'leaf-not-yet-valid', `begins at ${notBefore}, now is ${now}`);
  demand(now <= notAfter, 'leaf-expired', `ended at ${notAfter}, now is ${now}`);
}
