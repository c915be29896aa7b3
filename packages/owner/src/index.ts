export type { Workplace } from './workplace.ts';
export type { Published } from './publish.ts';
export { openHomeDirectory, openNamedDirectory } from './home-directory.ts';
export { readApp } from './read-app.ts';

export { initApp, type FoundedApp, type NewApp } from './init-app.ts';
export { addService, addServices, type AddedService, type NewService } from './add-service.ts';
export { makeJoinRequest, type JoinAsked, type JoinWish } from './join-request.ts';
export { admit, type Admittance } from './admit.ts';
export { acceptAdmission, type Accepted } from './accept-admission.ts';
export { admissionBytes, readAdmission, type Admission } from './admission.ts';
export { readImports, type ImportState } from './read-imports.ts';
export { moveHomeDirectory } from './move-directory.ts';
export { importApp, removeImport, type Imported } from './import-app.ts';
export { removeService, type Removed } from './remove-service.ts';
export { renewApp, type Renewed } from './renew-app.ts';
export { MOST_NODES, setNodes, type NodesSet } from './set-nodes.ts';
export { setPolicy, type PolicySet } from './set-policy.ts';

export { MEMBERSHIP_SECONDS, Owner, underOwnersLock } from './owner.ts';

export { giveToken, type NewToken } from './tokens.ts';
export {
  MAX_REQUEST_AGE_SECONDS,
  Reception,
  type Applicant,
  type Received,
  type RefusedApplicant,
  type ReceptionOptions,
} from './reception.ts';
export { acceptGiven, admissionQuestion, nameToAsk, type Joined } from './joining.ts';
