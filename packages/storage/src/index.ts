export { Home, DEFAULT_HOME, parseServiceName, type IdentityPaths } from './home.ts';
export { createAppFile, moveDirectory, nameNodes, readAppFile, renewAnchor, type AppFile } from './app-file.ts';
export { IdentityFile, type PublicIdentity, type Sealing, type ServiceRole, type StoredIdentity } from './identity-file.ts';
export { MAX_TOKENS, TokenFile, type GivenToken } from './token-file.ts';
export { RecoveryFile } from './recovery-file.ts';
export {
  createStored,
  retireStored,
  rotateStored,
  type IdentityPlace,
  type NewIdentity,
  type StoredRotation,
} from './stored-rotation.ts';
export { readPassphrase } from './passphrase.ts';

export { StoredHistories } from './stored-histories.ts';
export { StoredApps } from './stored-apps.ts';
export { StoredFloors, type FloorKind, type StoredFloorsOptions } from './stored-floors.ts';
export type { RememberedOptions } from './remembered-folder.ts';
export { keepForkProof, readForkProofs, type ForkKind, type ForkProof } from './fork-proofs.ts';

export { createAtomically, createUnderLock, writeAtomically, type WriteOptions } from './atomic-file.ts';
export { readBounded } from './bounded-file.ts';
export { withLock, LOCK_WAIT_MS, type LockOptions } from './lock.ts';
export { ensurePrivateFolder, readPrivate, requirePrivateFolder } from './private-file.ts';
export { directoryPlace, isDirectoryAddress } from './directory-place.ts';
export { isTemporary } from './leftovers.ts';
export { fileError } from './file-errors.ts';
export { livenessOf, ownMark, parseMark, showMark, type Liveness, type ProcessMark } from './process-mark.ts';
