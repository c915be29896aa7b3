import type { ServiceName } from '@themis-mesh/core';
import { addService } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import { labelsOf, type HomeFlags, type JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { endOf, memberJson, showLabels } from '../output/member-json.ts';
import { withProgress } from '../output/progress.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { openPlace } from '../place.ts';

export interface AddFlags extends HomeFlags, JsonFlags {
  readonly labels?: readonly string[] | undefined;
  readonly recovery?: string | undefined;
}

export async function add(this: CliContext, flags: AddFlags, name: ServiceName): Promise<void> {
  await using place = await openPlace(this, flags);
  const options = { labels: labelsOf(flags.labels), recovery: flags.recovery };
  const { member, membership, app, published, setAside } = await withProgress(this, `Adding ${name}`, () =>
    addService(place, name, options),
  );
  printAnswer(this, flags, {
    json: {
      ...memberJson(member, membership),
      app: appJson(app),
      ...(setAside === undefined ? {} : { setAside }),
      published: published.is === 'published',
    },
    text: (paint) => [
      `${paint.good('added')} ${paint.bold(name)}`,
      ...facts(
        [
          ['ID', member.id],
          ...(member.labels === undefined ? [] : [['labels', showLabels(member.labels)] as const]),
          ['membership', `good until ${showMoment(endOf(membership), place.now)}`],
          ...(setAside === undefined ? [] : [['keys before', escapeText(setAside)] as const]),
        ],
        paint,
      ),
    ],
    next: [`Next: themis run ${name} --port PORT -- COMMAND, to run a program as an instance of it.`],
  });
  noteUnpublished(this, published);
}
