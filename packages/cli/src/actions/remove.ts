import { showSequence, type IdentityId, type ServiceName } from '@themis-mesh/core';
import { removeService } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { facts } from '../output/table.ts';
import { openPlace } from '../place.ts';

export interface RemoveFlags extends HomeFlags, JsonFlags {}

export async function remove(this: CliContext, flags: RemoveFlags, service: ServiceName | IdentityId): Promise<void> {
  await using place = await openPlace(this, flags);
  const { member, app, published } = await removeService(place, service);
  printAnswer(this, flags, {
    json: { name: member.name, id: member.id, app: appJson(app), published: published.is === 'published' },
    text: (paint) => [
      `${paint.good('removed')} ${paint.bold(member.name)}`,
      ...facts(
        [
          ['ID', member.id],
          ['by charter', showSequence(app.charter.sequence)],
        ],
        paint,
      ),
    ],
  });
  noteUnpublished(this, published);
}
