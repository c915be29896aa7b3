import { moveHomeDirectory } from '@themis-mesh/owner';
import { directoryPlace } from '@themis-mesh/storage';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { openPlace } from '../place.ts';

export interface DirectoryFlags extends HomeFlags, JsonFlags {}

export async function directory(this: CliContext, flags: DirectoryFlags, folder?: string): Promise<void> {
  await using place = await openPlace(this, flags);
  const { home } = place;
  const published = folder === undefined ? undefined : await moveHomeDirectory(place, directoryPlace(folder));
  const path = await home.directoryFolder();
  const isShared = path !== home.directory;
  printAnswer(this, flags, {
    json: { directory: path, isInHome: !isShared },
    text: () => [escapeText(path)],
    ...(published === undefined ? {} : { next: ['Programs that run go on with the one before: start them again.'] }),
  });
  if (published !== undefined) noteUnpublished(this, published);
}
