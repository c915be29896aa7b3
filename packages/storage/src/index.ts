export { createAtomically, writeAtomically, type WriteOptions } from './atomic-file.ts';
export { readBounded } from './bounded-file.ts';
export { LOCK_WAIT_MS, withLock, type LockOptions } from './lock.ts';
export { ensurePrivateFolder, readPrivate, requirePrivateFolder } from './private-file.ts';
export { livenessOf, ownMark, parseMark, showMark, type Liveness, type ProcessMark } from './process-mark.ts';
