import { lstat } from 'node:fs/promises';
import { MAX_EVENTS, ThemisError, type History } from '@themis-mesh/core';
import {
  IdentityFile,
  readPrivate,
  requirePrivateFolder,
  type Home,
  type IdentityPaths,
  type Sealing,
} from '@themis-mesh/storage';
import { finding, findingOf, type Finding } from './finding.ts';

/** So few changes of keys left are worth a word. */
const FEW_EVENTS = 2;

/** The most that a file of recovery keys takes. */
const MAX_RECOVERY_BYTES = 4_194_304;

/** Modes, owners and contents of all files with keys, and where the recovery keys lie. */
export async function checkKeys(home: Home, sealing: Sealing): Promise<readonly Finding[]> {
  const findings = await unlessMissing(() => requirePrivateFolder(home.root).then(() => []));
  const owner = await checkIdentity(home.owner, sealing);
  const names = await home.services().catch(() => []);
  const services = await Promise.all(names.map((name) => checkIdentity(home.service(name), sealing)));
  const beside = names.filter((_, index) => services[index]?.hasRecoveryBeside === true);
  return [
    ...findings,
    ...owner.findings,
    ...services.flatMap((service) => service.findings),
    ...(owner.hasRecoveryBeside ? [finding('recovery-beside', `those of the app's owner, ${home.owner.recovery}`)] : []),
    ...(beside.length > 0 ? [finding('recovery-beside', `those of ${beside.join(', ')}`)] : []),
  ];
}

interface IdentityCheck {
  readonly findings: readonly Finding[];
  readonly hasRecoveryBeside: boolean;
}

async function checkIdentity(paths: IdentityPaths, sealing: Sealing): Promise<IdentityCheck> {
  if (!(await isThere(paths.folder))) return { findings: [], hasRecoveryBeside: false };
  const findings = [
    ...(await unlessMissing(() => requirePrivateFolder(paths.folder).then(() => []))),
    ...(await unlessMissing(() => readKeys(paths, sealing))),
    ...(await unlessMissing(() => readPrivate(paths.recovery, MAX_RECOVERY_BYTES).then(() => []))),
  ];
  return { findings, hasRecoveryBeside: await isThere(paths.recovery) };
}

/** Without a passphrase sealed keys stay sealed, and what is beside them is read. */
async function readKeys({ identity }: IdentityPaths, sealing: Sealing): Promise<readonly Finding[]> {
  const file = new IdentityFile(identity, sealing);
  const shown = await file.readPublic();
  if (shown !== undefined && (!shown.sealed || sealing.passphrase !== undefined)) await file.read();
  return shown === undefined ? [] : checkHistory(identity, shown.history);
}

function checkHistory(path: string, { events }: History): readonly Finding[] {
  const left = MAX_EVENTS - events.length;
  return left > FEW_EVENTS ? [] : [finding('history-nearly-full', `${path}, ${left} left`)];
}

async function unlessMissing(check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    return ThemisError.is(error, 'THEMIS_FILE_MISSING') ? [] : [findingOf(error)];
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
