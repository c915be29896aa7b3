import { MAX_EVENTS } from '../identity/events.ts';
import type { History } from '../identity/history.ts';
import type { IdentityId } from '../identity/id.ts';
import { instanceSpiffeId, type InstanceName } from '../identity/spiffe-id.ts';
import type { PublicKey } from '../keys/public-key.ts';
import type { Verdict } from '../outcome/verdict.ts';
import { defect, demand, judge } from './defect.ts';
import { writeIdentityName } from './identity-name.ts';
import { keyIdentifier } from './key-identifier.ts';
import { showSerial } from './serial.ts';
import { readLeaf, requireLeafTimes, type LeafForm } from './leaf-certificate.ts';
import { requireIssuer, type LeafIssuer } from './leaf-issuer.ts';

/** An instance that its leaf proved: whoever holds the leaf's private key is that instance. */
export interface VerifiedLeaf {
  readonly id: IdentityId;
  readonly instance: InstanceName;
  readonly spiffeId: string;
  /** The event whose operational key signed the leaf. */
  readonly keySeq: number;
  readonly leaf: Uint8Array;
  /** The key of the leaf. */
  readonly publicKey: PublicKey;
  /** As {@link showSerial} writes it. */
  readonly serial: string;
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Until when the leaf may be believed: `notAfter`, or sooner where a newer event ends the grace of its keys. */
  readonly goodUntil: number;
  /** The wire form of a membership, which is verified elsewhere. */
  readonly membership?: Uint8Array;
}

/**
 * Judges a leaf that comes without its identity certificate by a history that was verified before, so by any of its
 * events whose keys are still good.
 *
 * @param history the furthest one known of that identity
 * @param now seconds since 1970
 */
export function verifyLeafUnder(leaf: Uint8Array, history: History, now: number): Verdict<VerifiedLeaf> {
  return judge(() => {
    const form = readLeaf(leaf);
    requireLeafTimes(form, now);
    demand(!history.retired, 'history-retired', history.id);
    const issuer = findIssuer(form, history);
    requireIssuer(form, issuer);
    const superseded = history.goodUntil(issuer.keySeq);
    demand(now < superseded, 'history-superseded', `key sequence ${issuer.keySeq} ended at ${superseded}`);
    return verifiedLeaf(form, issuer.keySeq, superseded);
  });
}

export function verifiedLeaf(leaf: LeafForm, keySeq: number, superseded: number): VerifiedLeaf {
  return {
    id: leaf.id,
    instance: leaf.instance,
    spiffeId: instanceSpiffeId(leaf.id, leaf.instance),
    keySeq,
    leaf: leaf.bytes,
    publicKey: leaf.key,
    serial: showSerial(leaf.serial),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    goodUntil: Math.min(leaf.notAfter, superseded),
    ...(leaf.membership === undefined ? {} : { membership: leaf.membership }),
  };
}

function findIssuer(leaf: LeafForm, history: History): LeafIssuer {
  demand(leaf.id === history.id, 'leaf-other-identity', `${leaf.id}, judged by ${history.id}`);
  const keySeq = claimedSequence(leaf, history);
  demand(keySeq <= history.seq, 'leaf-key-sequence', `${keySeq}, the history ends with ${history.seq}`);
  const quorum = history.quorumAt(keySeq);
  demand(quorum?.threshold === 1, 'identity-threshold', `${quorum?.threshold ?? 0} signers`);
  for (const key of quorum.signers.flatMap((signer) => signer.keys)) {
    const keyId = key.point === undefined ? undefined : keyIdentifier(key.point);
    if (keyId === undefined || Buffer.compare(leaf.authorityKeyId, keyId) !== 0) continue;
    return { id: history.id, keySeq, name: leaf.issuer, keyId, key };
  }
  throw defect('leaf-aki', `no operational key of sequence ${keySeq}`);
}

/** Every name that an identity's certificates can have is made and compared, so that the leaf's issuer is never parsed. */
function claimedSequence(leaf: LeafForm, history: History): number {
  for (let keySeq = 0; keySeq < MAX_EVENTS; keySeq += 1) {
    if (Buffer.compare(leaf.issuer, writeIdentityName(history.id, keySeq)) === 0) return keySeq;
  }
  throw defect('leaf-issuer', 'no name of that identity');
}
