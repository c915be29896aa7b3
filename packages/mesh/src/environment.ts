import { DEFAULT_HOME, readPassphrase, type Sealing } from '@themis-mesh/storage';

/** The home that the environment names, else the default one. */
export function environmentHome(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['THEMIS_HOME'] ?? DEFAULT_HOME;
}

/** How keys are sealed, by the environment: with the passphrase in the file that `THEMIS_PASSPHRASE_FILE` names. */
export async function environmentSealing(environment: NodeJS.ProcessEnv = process.env): Promise<Sealing> {
  const path = environment['THEMIS_PASSPHRASE_FILE'];
  return path === undefined ? {} : { passphrase: await readPassphrase(path) };
}
