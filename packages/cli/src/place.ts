import type { AppFile } from '@themis-mesh/storage';
import { Home } from '@themis-mesh/storage';
import { environmentHome, environmentSealing } from '@themis-mesh/mesh';
import { openNamedDirectory, type Workplace } from '@themis-mesh/owner';
import { secondsNow, type CliContext } from './context.ts';
import type { HomeFlags } from './flags.ts';

/** A home that is there, with its directory open. */
export interface Place extends Workplace, AsyncDisposable {
  readonly file: AppFile;
}

/** Where the home is, or would be. */
export function homeAt(context: CliContext, flags: HomeFlags): Home {
  return Home.at(flags.home ?? environmentHome(context.environment));
}

/** A place to begin in, where there may be no app yet. */
export async function beginPlace(context: CliContext, flags: HomeFlags): Promise<Omit<Workplace, 'directory'>> {
  return { home: homeAt(context, flags), sealing: await environmentSealing(context.environment), now: secondsNow(context) };
}

/** @throws ThemisError THEMIS_HOME_MISSING, and those of reading it */
export async function openPlace(context: CliContext, flags: HomeFlags): Promise<Place> {
  const { home, ...place } = await beginPlace(context, flags);
  await Home.open(home.root);
  const file = await home.app();
  const directory = await openNamedDirectory(home, file.anchor.app, () => secondsNow(context), file.directory);
  return { ...place, home, file, directory, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}
