export { accept, refuse, printable, type Accepted, type Refused, type Verdict } from './outcome/verdict.ts';
export type { Refusal, RefusalCode } from './outcome/refusals.ts';
export { IdentityId } from './identity/id.ts';
export { identitySpiffeId, InstanceName, instanceSpiffeId, parseInstanceSpiffeId } from './identity/spiffe-id.ts';
export { History, type EventPoint } from './identity/history.ts';
export { PublicKey, type PublicJwk, type SignatureAlgorithm } from './keys/public-key.ts';
export { MemorySigner, type Signer } from './keys/signer.ts';
export { incept, rotate, retire, type InceptionPlan, type RotationPlan, type SignerSet } from './identity/establish.ts';
