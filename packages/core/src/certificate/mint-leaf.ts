import { unsignedInteger } from '../asn1/der-writer.ts';
import type { History } from '../identity/history.ts';
import { instanceSpiffeId, type InstanceName } from '../identity/spiffe-id.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Signer } from '../keys/signer.ts';
import { writeAltName } from './alt-name.ts';
import { writeMembership } from './carried-statements.ts';
import { writeExtension } from './extensions.ts';
import { writeIdentityName } from './identity-name.ts';
import { keyIdentifier, writeAuthorityKeyIdentifier } from './key-identifier.ts';
import { EMPTY_NAME } from './leaf-certificate.ts';
import { BACKDATE_SECONDS, MAX_LEAF_BYTES, MAX_LEAF_SECONDS, NO_END, OID } from './profile.ts';
import { certificateKey, sign, type Template } from './template.ts';
import { BOTH_ENDS_OF_TLS, DIGITAL_SIGNATURE, NO_AUTHORITY } from './usage.ts';

export interface LeafPlan {
  readonly history: History;
  /** One of the operational signers of the last event. */
  readonly signer: Signer;
  /** The P-256 key that the instance made for this leaf. */
  readonly publicKey: PublicKey;
  readonly instance: InstanceName;
  /** The wire form of the membership to carry. The leaf must not outlive it. */
  readonly membership?: Uint8Array | undefined;
  /** 16 bytes of the operating system's randomness. */
  readonly serial: Uint8Array;
  /** Seconds since 1970. */
  readonly now: number;
  /** How long the leaf lives from now on: 1 second to 24 hours. */
  readonly ttl: number;
}

/**
 * Makes a leaf (an X.509-SVID), in DER. Everything but the fields of the plan is fixed.
 *
 * Its subject is empty, so that the SPIFFE ID is its only name; RFC 5280 section 4.2.1.6 makes the subjectAltName
 * critical then.
 *
 * @throws TypeError where the plan is outside of what is said there, or the leaf would take more than 16 KiB
 */
export async function mintLeaf(plan: LeafPlan): Promise<Uint8Array> {
  requireSound(plan);
  const { key, point } = certificateKey(plan.history.quorum, plan.signer);
  const leaf = await sign(template(plan, point), plan.signer, key);
  if (leaf.length > MAX_LEAF_BYTES) throw new TypeError(`a leaf takes at most ${MAX_LEAF_BYTES} bytes`);
  return leaf;
}

function template(plan: LeafPlan, issuerPoint: Uint8Array): Template {
  const { history, membership } = plan;
  const spiffeId = instanceSpiffeId(history.id, plan.instance);
  return {
    serial: unsignedInteger(plan.serial),
    issuer: writeIdentityName(history.id, history.seq),
    notBefore: plan.now - BACKDATE_SECONDS,
    notAfter: plan.now + plan.ttl,
    subject: EMPTY_NAME,
    point: pointOf(plan.publicKey),
    extensions: [
      writeExtension(OID.basicConstraints, { critical: true, value: NO_AUTHORITY }),
      writeExtension(OID.keyUsage, { critical: true, value: DIGITAL_SIGNATURE }),
      writeExtension(OID.extendedKeyUsage, { critical: false, value: BOTH_ENDS_OF_TLS }),
      writeExtension(OID.authorityKeyIdentifier, {
        critical: false,
        value: writeAuthorityKeyIdentifier(keyIdentifier(issuerPoint)),
      }),
      writeExtension(OID.subjectAltName, { critical: true, value: writeAltName(spiffeId) }),
      ...(membership === undefined
        ? []
        : [writeExtension(OID.membership, { critical: false, value: writeMembership(membership) })]),
    ],
  };
}

function requireSound({ serial, now, ttl }: LeafPlan): void {
  if (serial.length !== 16) throw new TypeError('a serial is made of 16 bytes');
  if (serial.every((byte) => byte === 0)) throw new TypeError('a serial of zeros is not random');
  if (!Number.isSafeInteger(now) || now < BACKDATE_SECONDS || now > NO_END - MAX_LEAF_SECONDS) {
    throw new TypeError('the time is a whole number of seconds since 1970');
  }
  if (!Number.isSafeInteger(ttl) || ttl < 1 || ttl > MAX_LEAF_SECONDS) {
    throw new TypeError(`a leaf lives 1 to ${MAX_LEAF_SECONDS} seconds`);
  }
}

function pointOf(key: PublicKey): Uint8Array {
  if (key.point === undefined) throw new TypeError('a leaf has a P-256 key');
  return key.point;
}
