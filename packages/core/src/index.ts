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
export { spokenId } from './identity/spoken-id.ts';
export { identitySpiffeId, InstanceName, instanceSpiffeId, parseInstanceSpiffeId } from './identity/spiffe-id.ts';
export { MAX_EVENTS, MAX_GRACE_SECONDS, MAX_HISTORY_BYTES, MAX_SIGNERS, type IdentityEvent } from './identity/events.ts';
export { History, type EventPoint } from './identity/history.ts';
export { historyBytes, readHistory } from './identity/history-wire.ts';
export { incept, retire, rotate, type InceptionPlan, type RotationPlan, type SignerSet } from './identity/establish.ts';

export { ServiceName } from './app/name.ts';
export { TargetName, type ImportedName } from './app/target-name.ts';
export { holdToImport, importOf } from './app/hold-to-import.ts';
export { lowersImport, type CharterPoint, type Import } from './app/import.ts';
export { compareSequences, showSequence, type Sequence } from './app/sequence.ts';
export { labelsShape, sameMember, type Member } from './app/member.ts';
export {
  Charter,
  MAX_CHARTER_SECONDS,
  MAX_IMPORTS,
  MAX_SKEW_SECONDS,
  type CharterClaims,
  type CharterPolicy,
} from './app/charter.ts';
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
export {
  MAX_JOIN_REQUEST_BYTES,
  signJoinRequest,
  tokenOf,
  verifyJoinRequest,
  type JoinRequest,
  type JoinRequestPlan,
  type VerifiedJoinRequest,
} from './app/join-request.ts';

export { AdmissionToken } from './door/token.ts';
export {
  Invite,
  MAX_INVITE_ADDRESSES,
  MAX_INVITE_CHARACTERS,
  type DoorAddress,
  type InviteContents,
  type NodeAddress,
} from './door/invite.ts';

export { addressShape, isDialableHost, type Address } from './record/address.ts';
export type { Endpoint } from './record/endpoint.ts';
export { MAX_RECORD_BYTES, showRecordKey, type RecordKey, type RecordKind, type SignedRecord } from './record/key.ts';
export { signServiceRecord, type ServiceRecord } from './record/service-record.ts';
export { INSTANCE_RECORD_SECONDS, signInstanceRecord, type InstanceRecord } from './record/instance-record.ts';
export { verifyRecord, type RecordBody, type RecordContext, type VerifiedRecord } from './record/verify-record.ts';
export { compareRecords, type RecordOrder } from './record/order.ts';

export { MEMBERS, policyJson, type Policy, type PolicyDefault } from './policy/policy.ts';
export { MAX_RULES, THIS_APP, type HeaderCondition, type PolicyMode, type Rule, type RuleAction } from './policy/rule.ts';
export { TOLERANCES, type Tolerance } from './policy/tolerance.ts';
export { NO_SUCH_KEY, readPolicyOptions, type PolicyMistake, type PolicyReading } from './policy/read-policy.ts';
export type { Caller } from './policy/caller.ts';
export type { Allowed, AuditFinding, Decision, Denied } from './policy/decision.ts';
export { CompiledPolicies, type NamedPolicy } from './policy/compiled-policies.ts';
export { CallerPolicies, type Judgement, type RequestHead } from './policy/caller-policies.ts';
export { decide, decideConnection } from './policy/decide.ts';
export { policiesInForce } from './policy/in-force.ts';
export { explain, type Explanation, type PolicyExplanation, type RuleExplanation } from './policy/explain.ts';
export { canonicalTarget, isPlainTarget, judgedPath } from './policy/canonical-target.ts';

export { TRUST_REFUSALS } from './trust/refusals.ts';
export { foldName, identityFields, isIdentityField, isTrafficField } from './trust/caller-fields.ts';
export { Trust, type NamedService, type SeenHistories, type TrustOptions } from './trust/trust.ts';
export type { SeenApps } from './trust/imported-apps.ts';
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
export { VerifiedLeaves } from './certificate/verified-leaves.ts';
export { toPem } from './certificate/pem.ts';

export { EVERY_SERVICE } from './traffic/traffic.ts';
export type * from './traffic/traffic.ts';
export {
  readServiceTraffic,
  readTrafficTable,
  showTrafficMistake,
  TRAFFIC_KEYS,
  type TrafficReading,
  type TrafficScope,
} from './traffic/schema.ts';
export type { TrafficMistake } from './traffic/check.ts';
export { showSerial } from './certificate/serial.ts';
