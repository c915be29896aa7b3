export { accept, refuse, printable, type Accepted, type Refused, type Verdict } from './outcome/verdict.ts';
export type { Refusal, RefusalCode } from './outcome/refusals.ts';
export { meaningOfRefusal, REFUSAL_TABLES, type RefusalTopic } from './outcome/refusal-tables.ts';
export { ERRORS, type ErrorCode, type ErrorEntry } from './outcome/errors.ts';
export { ThemisError, type ThemisErrorOptions } from './outcome/themis-error.ts';

export { canonicalJson, parseCanonicalJson, type Json } from './encoding/canonical-json.ts';
export { fromBase64url, toBase64url } from './encoding/base64url.ts';
export { digestOf, sha256 } from './encoding/sha256.ts';
export * as shape from './encoding/shape.ts';

export { PublicKey, type PublicJwk, type SignatureAlgorithm } from './keys/public-key.ts';
export { MemorySigner, type Signer } from './keys/signer.ts';
export { DEFAULT_SEAL_COST, openKeys, sealedKeysShape, sealKeys, type SealCost, type SealedKeys } from './keys/sealed-keys.ts';
export type { Statement, UnverifiedStatement } from './statement/jws.ts';
export { jwsBytes, jwsJson } from './statement/bundle.ts';

export { IdentityId } from './identity/id.ts';
export { identitySpiffeId, InstanceName, instanceSpiffeId, parseInstanceSpiffeId } from './identity/spiffe-id.ts';
export { MAX_EVENTS, MAX_GRACE_SECONDS, MAX_HISTORY_BYTES, MAX_SIGNERS, type IdentityEvent } from './identity/events.ts';
export { History, type EventPoint } from './identity/history.ts';
export { historyBytes, readHistory } from './identity/history-wire.ts';
export { incept, retire, rotate, type InceptionPlan, type RotationPlan, type SignerSet } from './identity/establish.ts';

export { ServiceName } from './app/name.ts';
export { compareSequences, showSequence, type Sequence } from './app/sequence.ts';
export { labelsShape, type Member } from './app/member.ts';
export { Charter, MAX_CHARTER_SECONDS, MAX_SKEW_SECONDS, type CharterClaims, type CharterPolicy } from './app/charter.ts';
export { advanceApp, appStateBytes, MAX_APP_STATE_BYTES, readAppState, type AppState } from './app/app-state.ts';
export { anchorJson, anchorOf, anchorShape, holdToAnchor, type Anchor, type Checkpoint } from './app/anchor.ts';
export {
  DEFAULT_CHARTER_SECONDS,
  EMPTY_CHARTER,
  foundApp,
  nextCharter,
  type CharterContents,
  type CharterTimes,
} from './app/found.ts';
export { readMembership, signMembership, verifyMembership, type Membership } from './app/membership.ts';
export { believeMember, isTurnedByNews, type Belief, type Credentials, type Holdings } from './app/belief.ts';
export { DEFAULT_FRESHNESS_SECONDS, signHead, verifyHead, type Head } from './app/head.ts';
export { signJoinRequest, verifyJoinRequest, type JoinRequest, type VerifiedJoinRequest } from './app/join-request.ts';

export { isDialableHost, type Address } from './record/address.ts';
export type { Endpoint } from './record/endpoint.ts';
export { MAX_RECORD_BYTES, showRecordKey, type RecordKey, type RecordKind, type SignedRecord } from './record/key.ts';
export { signServiceRecord, type ServiceRecord } from './record/service-record.ts';
export { INSTANCE_RECORD_SECONDS, signInstanceRecord, type InstanceRecord } from './record/instance-record.ts';
export { verifyRecord, type RecordBody, type RecordContext, type VerifiedRecord } from './record/verify-record.ts';
export { compareRecords, type RecordOrder } from './record/order.ts';

export { MEMBERS, type Policy, type PolicyDefault } from './policy/policy.ts';
export { decide, type Caller, type Decision, type NamedPolicy } from './policy/decide.ts';

export { TRUST_REFUSALS } from './trust/refusals.ts';
export { Trust, type SeenHistories, type TrustOptions } from './trust/trust.ts';
export { foldName, identityFields, isIdentityField } from './trust/caller-fields.ts';
export type { Peer } from './trust/peer.ts';
export { planRenewal, type LeafLife } from './certificate/renewal.ts';
export { compareHistories, type HistoryComparison } from './identity/compare.ts';
export { CERTIFICATE_REFUSALS } from './certificate/refusals.ts';
export { BACKDATE_SECONDS, MAX_IDENTITY_CERTIFICATE_BYTES, MAX_LEAF_BYTES, MAX_LEAF_SECONDS } from './certificate/profile.ts';
export { fitsCertificate, mintIdentityCertificate, type IdentityCertificatePlan } from './certificate/mint-identity.ts';
export { mintLeaf, type LeafPlan } from './certificate/mint-leaf.ts';
export { KnownIdentities } from './certificate/known-identities.ts';
export { leafPublicKey } from './certificate/leaf-certificate.ts';
export { verifyChain, type ChainContext, type Standing, type VerifiedChain } from './certificate/verify-chain.ts';
export { verifyLeafUnder, type VerifiedLeaf } from './certificate/verify-leaf.ts';
export { toPem } from './certificate/pem.ts';
