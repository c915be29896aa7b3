import { IdentityFile, moveDirectory, type Home } from '@themis-mesh/storage';
import { openNamedDirectory } from './home-directory.ts';
import { publishApp, publishHistory, PUBLISHED, type Published } from './publish.ts';
import { readApp } from './read-app.ts';
import type { Workplace } from './workplace.ts';

/**
 * Lets a home use the directory in another folder or at an address, as several apps do that import each other, and publishes
 * there what this home has: the charter, and the keys of the services here. Processes that run go on with the one before until
 * they are started again.
 *
 * @throws ThemisError THEMIS_APP_UNSEEN, THEMIS_RECORD_REFUSED, THEMIS_DIRECTORY_INVALID, and those of files
 */
export async function moveHomeDirectory(place: Workplace, folder: string): Promise<Published> {
  const { home, now } = place;
  const app = await readApp(place);
  // Opened first: what cannot be opened is not written down.
  await using directory = await openNamedDirectory(home, app.history.id, () => now, folder);
  await moveDirectory(home.appFile, folder);
  let published = await publishApp(directory, app);
  for (const history of await historiesIn(home)) {
    const told = await publishHistory(directory, history);
    if (told !== PUBLISHED) published = told;
  }
  return published;
}

async function historiesIn(home: Home): Promise<readonly Parameters<typeof publishHistory>[1][]> {
  const identities = (await home.services()).map((name) => new IdentityFile(home.service(name).identity).readPublic());
  return (await Promise.all(identities)).flatMap((identity) => (identity === undefined ? [] : [identity.history]));
}
