import { unsignedInteger } from '../asn1/der-writer.ts';
import { sha256 } from '../encoding/sha256.ts';
import { History } from '../identity/history.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { readAltName } from './alt-name.ts';
import { readKeyHistory } from './carried-statements.ts';
import { readCertificate, type CertificateForm } from './certificate-form.ts';
import { believe, demand, reading } from './defect.ts';
import { requireProfile } from './extensions.ts';
import { readIdentityName } from './identity-name.ts';
import { readSubjectKeyIdentifier } from './key-identifier.ts';
import type { LeafIssuer } from './leaf-issuer.ts';
import { BACKDATE_SECONDS, NO_END } from './profile.ts';
import { requireAuthorityUsage } from './usage.ts';

/**
 * An identity certificate that proved which identity it belongs to. What is known of that identity otherwise, and
 * whether it is time yet, it cannot know.
 */
export interface IdentityCertificate {
  readonly bytes: Uint8Array;
  readonly history: History;
  /** Seconds since 1970. */
  readonly notBefore: number;
  /** Who signs the leaves that go with it. */
  readonly issuer: LeafIssuer;
}

/**
 * Verifies an identity certificate by the key history that it carries.
 *
 * The history comes before the signature: it says which key has to have signed.
 *
 * @throws CertificateDefect
 */
export function verifyIdentityCertificate(der: Uint8Array): IdentityCertificate {
  const form = readCertificate('identity', der);
  return reading('identity', () => {
    const { keyId, keySeq, history } = readProfile(form);
    const key = requireCurrentKey(history, keySeq, form.point);
    requireTemplate(form, history);
    demand(key.verify(form.signed, form.signature), 'identity-signature', `key sequence ${keySeq}`);
    const issuer = { id: history.id, keySeq, name: form.subject, keyId, key };
    return { bytes: form.bytes, history, notBefore: form.notBefore, issuer };
  });
}

/** The serial number of an identity certificate: another one for each event, and for each signer that makes one. */
export function identitySerial(history: History, point: Uint8Array): Uint8Array {
  return unsignedInteger(sha256(Buffer.concat([sha256(history.last.payload), point])).subarray(0, 16));
}

interface Profile {
  readonly keyId: Uint8Array;
  readonly keySeq: number;
  readonly history: History;
}

function readProfile(form: CertificateForm): Profile {
  const { id, path, critical } = readAltName('identity', form.extensions);
  demand(!path.startsWith('/i/'), 'chain-signed-by-leaf', path);
  requireProfile('identity', form.extensions);
  demand(path === '', 'identity-san-path', path);
  demand(!critical, 'identity-san-critical', 'critical');
  requireAuthorityUsage(form.extensions);
  const keyId = readSubjectKeyIdentifier(form.extensions, form.point);
  const keySeq = readIdentityName(form.subject, id);
  demand(Buffer.compare(form.issuer, form.subject) === 0, 'identity-issuer', 'not self-issued');
  const history = believe(History.verify(readKeyHistory(form.extensions)));
  demand(history.id === id, 'identity-history-other-id', `${history.id}, the certificate is of ${id}`);
  return { keyId, keySeq, history };
}

function requireCurrentKey(history: History, keySeq: number, point: Uint8Array): PublicKey {
  demand(keySeq === history.seq, 'identity-key-sequence', `${keySeq}, the history ends with ${history.seq}`);
  const { quorum } = history;
  demand(quorum !== undefined, 'history-retired', history.id);
  demand(quorum.threshold === 1, 'identity-threshold', `${quorum.threshold} signers`);
  const keys = quorum.signers.flatMap((signer) => signer.keys);
  const key = keys.find((candidate) => candidate.point !== undefined && Buffer.compare(candidate.point, point) === 0);
  demand(key !== undefined, 'identity-key-foreign', `key sequence ${keySeq}`);
  return key;
}

/** What the minting of the certificate takes from the history, and nobody chooses. */
function requireTemplate(form: CertificateForm, history: History): void {
  const serial = unsignedInteger(form.serial);
  demand(Buffer.compare(serial, identitySerial(history, form.point)) === 0, 'identity-serial', 'another one');
  const begin = history.last.claims.iat - BACKDATE_SECONDS;
  demand(form.notBefore === begin, 'identity-not-before', `${form.notBefore}, wanted ${begin}`);
  demand(form.notAfter === NO_END, 'identity-not-after', `${form.notAfter}`);
}
