import { renewApp } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { openPlace } from '../place.ts';

export interface RenewFlags extends HomeFlags, JsonFlags {}

export async function renew(this: CliContext, flags: RenewFlags): Promise<void> {
  await using place = await openPlace(this, flags);
  const { app, memberships, published } = await renewApp(place);
  printAnswer(this, flags, {
    json: { app: appJson(app), memberships, published: published.is === 'published' },
    text: (paint) => [
      `${paint.good('renewed')} the charter`,
      ...facts(
        [
          ['good until', showMoment(app.charter.claims.exp, place.now)],
          ['memberships', memberships.length === 0 ? 'none was due' : memberships.join(', ')],
        ],
        paint,
      ),
    ],
  });
  noteUnpublished(this, published);
}
