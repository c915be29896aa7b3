import { ThemisError, type ServiceName } from '@themis-mesh/core';
import { importApp, removeImport } from '@themis-mesh/owner';
import { readAnchor } from '../carried-file.ts';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { openPlace } from '../place.ts';

export interface ImportFlags extends HomeFlags, JsonFlags {
  readonly remove?: boolean | undefined;
}

export async function importOther(this: CliContext, flags: ImportFlags, alias: ServiceName, anchor?: string): Promise<void> {
  if (flags.remove === true) {
    if (anchor !== undefined) throw new ThemisError('THEMIS_USAGE', 'either --remove ALIAS, or ALIAS ANCHOR');
    await forget(this, flags, alias);
    return;
  }
  if (anchor === undefined)
    throw new ThemisError('THEMIS_USAGE', 'ANCHOR is missing: what `themis anchor` prints in the other app');
  const pinned = await readAnchor(anchor);
  await using place = await openPlace(this, flags);
  const { entry, app, other, published } = await importApp(place, alias, pinned);
  const isSeen = other !== undefined;
  printAnswer(this, flags, {
    json: {
      alias,
      id: entry.app,
      keySequence: entry.min.seq,
      isSeen,
      app: appJson(app),
      published: published.is === 'published',
    },
    text: (paint) => [
      `${paint.good('imported')} ${paint.bold(alias)}, the app ${entry.app}`,
      ...(isSeen
        ? []
        : [paint.warning(`The directory does not hold its charter yet: until it does, nobody of ${alias} is known.`)]),
    ],
    next: [
      `Next: call a service of it as NAME.${alias}; \`themis policy set NAME --allow CALLER.${alias}\` lets one of it call.`,
      `The other app knows callers from here when it imports this one: \`themis anchor\` prints what it needs.`,
    ],
  });
  noteUnpublished(this, published);
}

async function forget(context: CliContext, flags: ImportFlags, alias: ServiceName): Promise<void> {
  await using place = await openPlace(context, flags);
  const { entry, app, published } = await removeImport(place, alias);
  printAnswer(context, flags, {
    json: {
      alias,
      id: entry.app,
      keySequence: entry.min.seq,
      isSeen: false,
      app: appJson(app),
      published: published.is === 'published',
    },
    text: (paint) => [`${paint.good('removed')} ${paint.bold(alias)}: the members of ${entry.app} are strangers from now on`],
  });
  noteUnpublished(context, published);
}
