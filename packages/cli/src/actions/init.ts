import type { ServiceName } from '@themis-mesh/core';
import { initApp } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { beginPlace } from '../place.ts';

export interface InitFlags extends HomeFlags, JsonFlags {
  readonly name?: ServiceName | undefined;
  readonly recovery?: string | undefined;
  readonly directory?: string | undefined;
}

export async function init(this: CliContext, flags: InitFlags): Promise<void> {
  const place = await beginPlace(this, flags);
  const { name } = flags;
  const { app, recovery, published } = await initApp(place, { name, recovery: flags.recovery, directory: flags.directory });
  const { home, now } = place;
  const recoveryIsBeside = recovery === home.owner.recovery;
  const json = {
    app: { ...appJson(app), ...(name === undefined ? {} : { name }) },
    home: home.root,
    recovery,
    recoveryIsBeside,
    published: published.is === 'published',
  };
  printAnswer(this, flags, {
    json,
    text: (paint) => [
      `${paint.good('made')} the app${name === undefined ? '' : ` ${paint.bold(name)}`}`,
      ...facts(
        [
          ['ID', app.history.id],
          ['home', escapeText(home.root)],
          ['recovery keys', escapeText(recovery)],
          ['charter', `good until ${showMoment(app.charter.claims.exp, now)}; every change renews it`],
        ],
        paint,
      ),
      ...(recoveryIsBeside
        ? [paint.warning('Move the recovery keys to another medium: whoever takes this folder has both kinds of keys.')]
        : []),
    ],
    next: ['Next: themis add NAME, for the first service.'],
  });
  noteUnpublished(this, published);
}
