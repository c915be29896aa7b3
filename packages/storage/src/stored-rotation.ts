import { dirname } from 'node:path';
import {
  fitsCertificate,
  incept,
  MAX_EVENTS,
  MemorySigner,
  retire,
  rotate,
  ThemisError,
  type History,
  type SignatureAlgorithm,
  type SignerSet,
} from '@themis-mesh/core';
import type { IdentityFile, ServiceRole, StoredIdentity } from './identity-file.ts';
import { ensurePrivateFolder } from './private-file.ts';
import type { RecoveryFile } from './recovery-file.ts';

/** Where an identity and its recovery keys lie. */
export interface IdentityPlace {
  readonly identity: IdentityFile;
  readonly recovery: RecoveryFile;
}

export interface NewIdentity {
  readonly service?: ServiceRole;
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Seconds since 1970. */
  readonly now: number;
}

export interface StoredRotation {
  /** Seconds for which what was signed before stays good; 0 after a theft. */
  readonly grace: number;
  readonly algorithms?: readonly SignatureAlgorithm[];
  readonly now: number;
}

/**
 * Makes an identity of one operational and one recovery signer, and writes both down: the recovery keys first. The folder of
 * the identity is made where it is missing, that of recovery keys that lie elsewhere is not.
 *
 * @throws ThemisError THEMIS_IDENTITY_EXISTS
 */
export async function createStored({ identity, recovery }: IdentityPlace, plan: NewIdentity): Promise<StoredIdentity> {
  await ensurePrivateFolder(dirname(identity.path));
  // Looked up first, so that a second call leaves no recovery keys of an identity that never was.
  if ((await identity.readPublic()) !== undefined) throw new ThemisError('THEMIS_IDENTITY_EXISTS', identity.path);
  const operational = newSigner(plan.algorithms);
  const next = newSigner(plan.algorithms);
  const history = await incept({ operational, recovery: next, now: plan.now });
  const stored = { history, signers: [...operational.own], ...(plan.service === undefined ? {} : { service: plan.service }) };
  await recovery.add(history.id, next.own);
  await identity.create(stored);
  return stored;
}

/**
 * Gives a stored identity new operational and recovery keys. A crash at any instant leaves the identity before or after
 * the rotation, with the recovery keys of either in the recovery file.
 *
 * @throws ThemisError THEMIS_RECOVERY_MISSING, THEMIS_HISTORY_FULL, THEMIS_IDENTITY_KEYS where other signers lie elsewhere
 */
export async function rotateStored({ identity, recovery }: IdentityPlace, plan: StoredRotation): Promise<StoredIdentity> {
  const rotated = await identity.update(async (current) => {
    requireSoleSigner(identity.path, current);
    const revealed = await recovery.committed(current.history);
    const operational = newSigner(plan.algorithms);
    const next = newSigner(plan.algorithms);
    const history = await rotate(current.history, { ...plan, revealed, operational, recovery: next });
    // Nothing is written yet, so a rotation that could never be shown in a certificate leaves no trace.
    if (!fitsCertificate(history)) throw new ThemisError('THEMIS_HISTORY_FULL', `${history.id} would outgrow its certificate`);
    await recovery.add(history.id, next.own);
    return { ...current, history, signers: operational.own };
  });
  await recovery.prune(rotated.history);
  return rotated;
}

/** Ends a stored identity for good and destroys its keys. */
export async function retireStored({ identity, recovery }: IdentityPlace, now: number): Promise<History> {
  const { history } = await identity.update(async (current) => {
    requireRoom(current.history);
    const history = await retire(current.history, await recovery.committed(current.history), now);
    return { ...current, history, signers: [] };
  });
  await recovery.prune(history);
  return history;
}

function newSigner(algorithms: readonly SignatureAlgorithm[] | undefined): SignerSet & { readonly own: readonly MemorySigner[] } {
  const own = [MemorySigner.generate(algorithms)];
  return { own, signers: own, threshold: 1 };
}

function requireSoleSigner(path: string, { history, signers }: StoredIdentity): void {
  requireRoom(history);
  const count = history.quorum?.signers.length ?? 0;
  if (count !== 1 || signers.length !== 1) {
    const found = `${signers.length} of ${count} signers`;
    throw new ThemisError('THEMIS_IDENTITY_KEYS', `${path} holds ${found}, and rotates one of one only`);
  }
}

function requireRoom(history: History): void {
  if (history.retired) throw new ThemisError('THEMIS_IDENTITY_KEYS', `${history.id} is retired`);
  const count = history.events.length;
  if (count >= MAX_EVENTS) throw new ThemisError('THEMIS_HISTORY_FULL', `${history.id} has ${count} events`);
}
