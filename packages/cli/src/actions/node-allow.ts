import { showSequence, type ServiceName } from '@themis-mesh/core';
import { setNodes } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { facts } from '../output/table.ts';
import { openPlace } from '../place.ts';

export interface NodeAllowFlags extends HomeFlags, JsonFlags {
  readonly count?: number | undefined;
}

export async function nodeAllow(this: CliContext, flags: NodeAllowFlags, name: ServiceName): Promise<void> {
  await using place = await openPlace(this, flags);
  const { member, app, published } = await setNodes(place, name, flags.count ?? 1);
  const count = member.nodes?.count ?? 0;
  printAnswer(this, flags, {
    json: { name, id: member.id, nodes: count, app: appJson(app), published: published.is === 'published' },
    text: (paint) => [
      count === 0
        ? `${paint.good('set')} ${paint.bold(name)} runs no node of the directory any more`
        : `${paint.good('set')} ${paint.bold(name)} may run ${count === 1 ? 'a node' : `${count} nodes`} of the directory`,
      ...facts([['by charter', showSequence(app.charter.sequence)]], paint),
    ],
  });
  noteUnpublished(this, published);
}
