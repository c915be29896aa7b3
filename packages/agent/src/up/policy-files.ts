import { join } from 'node:path';
import { canonicalJson, policyJson, type ServiceName } from '@themis-mesh/core';
import { ensurePrivateFolder, Home, writeAtomically } from '@themis-mesh/storage';
import { CHARTER_ALONE, type FilePolicy } from '../policy/policy-file.ts';

/** Where `up` writes what a service's sidecars follow. @param home its path */
export function policyFileOf(home: string, service: ServiceName): string {
  return join(Home.at(home).run, 'policies', `${service}.json`);
}

/** Tells the sidecars of a service, running or to be started, what their policy is. */
export async function writePolicy(home: string, service: ServiceName, policy: FilePolicy = CHARTER_ALONE): Promise<void> {
  await ensurePrivateFolder(Home.at(home).run);
  await ensurePrivateFolder(join(Home.at(home).run, 'policies'));
  const text = canonicalJson(policy === CHARTER_ALONE ? policy : policyJson(policy));
  await writeAtomically(policyFileOf(home, service), Buffer.from(text));
}
