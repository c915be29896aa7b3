import { DEFAULT_HOME, readPassphrase, type Sealing } from '@themis-mesh/storage';

/** The home that the environment names, else the default one. A variable that is empty names none. */
export function environmentHome(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment['THEMIS_HOME'] ?? '';
  return named === '' ? DEFAULT_HOME : named;
}

/** The nodes of the directory that the environment names, with commas between them. A variable that is empty names none. */
export function environmentNodes(environment: NodeJS.ProcessEnv = process.env): readonly string[] | undefined {
  const named = environment['THEMIS_NODES'] ?? '';
  return named === '' ? undefined : named.split(',').map((node) => node.trim());
}

/** How keys are sealed, by the environment: with the passphrase in the file that `THEMIS_PASSPHRASE_FILE` names. */
export async function environmentSealing(environment: NodeJS.ProcessEnv = process.env): Promise<Sealing> {
  const path = environment['THEMIS_PASSPHRASE_FILE'];
  return path === undefined ? {} : { passphrase: await readPassphrase(path) };
}

/** The file of traffic rules, in JSON, that the environment names: `themis up` writes one for all that it starts. */
export function environmentTrafficFile(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['THEMIS_TRAFFIC_FILE'] ?? '';
  return named === '' ? undefined : named;
}
