import type { Json } from '../encoding/canonical-json.ts';
import type { Signer } from '../keys/signer.ts';
import { signStatement, type Statement } from '../statement/jws.ts';
import { eventShape, type IdentityEvent } from './events.ts';
import { History } from './history.ts';

/** Several signers and how many of them it takes. */
export interface SignerSet {
  readonly signers: readonly Signer[];
  readonly threshold: number;
}

/** A new identity: its operational signers, and the recovery signers that it commits to. */
export interface InceptionPlan {
  readonly operational: SignerSet;
  readonly recovery: SignerSet;
  /** Seconds since 1970. */
  readonly now: number;
}

export interface RotationPlan {
  /**
   * The recovery signers that the event before committed to, at least its threshold of them. Used once: destroy them
   * afterwards.
   */
  readonly revealed: readonly Signer[];
  readonly operational: SignerSet;
  readonly recovery: SignerSet;
  /** Seconds for which what was signed before stays good; 0 after a theft. */
  readonly grace: number;
  readonly now: number;
}

/** Makes an identity. */
export async function incept(plan: InceptionPlan): Promise<History> {
  const { operational, recovery, now } = plan;
  const claims = {
    v: 1,
    t: 'inception',
    signers: shown(operational.signers),
    threshold: operational.threshold,
    next: commitment(recovery),
    iat: now,
  };
  return verified([(await event(claims, operational.signers)).bytes]);
}

/** Gives an identity new keys. Its ID stays. */
export async function rotate(history: History, plan: RotationPlan): Promise<History> {
  const { revealed, operational, recovery, grace, now } = plan;
  const claims = {
    v: 1,
    t: 'rotation',
    id: history.id,
    seq: history.seq + 1,
    prev: history.last.digest,
    reveal: shown(revealed),
    signers: shown(operational.signers),
    threshold: operational.threshold,
    next: commitment(recovery),
    grace,
    iat: now,
  };
  return verified([...history.wires, (await event(claims, [...revealed, ...operational.signers])).bytes]);
}

/** Ends an identity for good. */
export async function retire(history: History, revealed: readonly Signer[], now: number): Promise<History> {
  const claims = {
    v: 1,
    t: 'retire',
    id: history.id,
    seq: history.seq + 1,
    prev: history.last.digest,
    reveal: shown(revealed),
    iat: now,
  };
  return verified([...history.wires, (await event(claims, revealed)).bytes]);
}

function event(claims: Json, signers: readonly Signer[]): Promise<Statement<IdentityEvent>> {
  return signStatement('event', eventShape, claims, signers);
}

function shown(signers: readonly Signer[]): Json {
  return signers.map((signer) => ({ keys: signer.keys.map((key) => key.jwk) }));
}

function commitment(set: SignerSet): Json {
  return { signers: set.signers.map((signer) => signer.keys.map((key) => key.thumbprint)), threshold: set.threshold };
}

function verified(wires: readonly Uint8Array[]): History {
  const verdict = History.verify(wires);
  if (!verdict.ok) throw new TypeError(`${verdict.refusal.code}: ${verdict.refusal.detail}`);
  return verdict.value;
}
