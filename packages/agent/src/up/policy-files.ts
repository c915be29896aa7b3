import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, policyJson, type ServiceName } from '@themis-mesh/core';
import { ensurePrivateFolder, Home, writeAtomically } from '@themis-mesh/storage';
import { CHARTER_ALONE, type FilePolicy } from '../policy/file-policy.ts';

/** Where `up` writes what a service's sidecars follow. @param home its path */
export function policyFileOf(home: string, service: ServiceName): string {
  return join(folderIn(home), `${service}.json`);
}

/** Tells the sidecars of a service, running or to be started, what their policy is. */
export async function writePolicy(home: string, service: ServiceName, policy: FilePolicy = CHARTER_ALONE): Promise<void> {
  await ensurePrivateFolder(Home.at(home).run);
  await ensurePrivateFolder(folderIn(home));
  const text = canonicalJson(policy === CHARTER_ALONE ? policy : policyJson(policy));
  await writeAtomically(policyFileOf(home, service), Buffer.from(text));
}

/** No sidecar follows them any more. */
export async function removePolicies(home: string): Promise<void> {
  // What is left of them is written anew by the next `up`.
  await rm(folderIn(home), { recursive: true, force: true }).catch(() => undefined);
}

function folderIn(home: string): string {
  return join(Home.at(home).run, 'policies');
}
