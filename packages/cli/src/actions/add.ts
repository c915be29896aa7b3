import type { ServiceName } from '@themis-mesh/core';
import { addServices, type AddedService } from '@themis-mesh/owner';
import type { CliContext } from '../context.ts';
import { labelsOf, type HomeFlags, type JsonFlags } from '../flags.ts';
import { printAnswer, type JsonValue } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { endOf, memberJson, showLabels } from '../output/member-json.ts';
import type { Paint } from '../output/paint.ts';
import { withProgress } from '../output/progress.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { openPlace } from '../place.ts';

export interface AddFlags extends HomeFlags, JsonFlags {
  readonly labels?: readonly string[] | undefined;
  readonly recovery?: string | undefined;
}

export async function add(this: CliContext, flags: AddFlags, ...names: [ServiceName, ...ServiceName[]]): Promise<void> {
  await using place = await openPlace(this, flags);
  const options = { labels: labelsOf(flags.labels), recovery: flags.recovery };
  const added = await withProgress(this, `Adding ${names.join(', ')}`, () => addServices(place, names, options));
  // All are of one charter, which was told at once.
  const [{ app, published } = unexpected()] = added;
  printAnswer(this, flags, {
    json: { services: added.map(serviceJson), app: appJson(app), published: published.is === 'published' },
    text: (paint) => added.flatMap((service) => serviceLines(service, place.now, paint)),
    next: [`Next: themis run ${names[0]} --port PORT -- COMMAND, to run a program as an instance of it.`],
  });
  noteUnpublished(this, published);
}

function serviceJson({ member, membership, setAside }: AddedService): JsonValue {
  return { ...memberJson(member, membership), ...(setAside === undefined ? {} : { setAside }) };
}

function serviceLines({ member, membership, setAside }: AddedService, now: number, paint: Paint): readonly string[] {
  return [
    `${paint.good('added')} ${paint.bold(member.name)}`,
    ...facts(
      [
        ['ID', member.id],
        ...(member.labels === undefined ? [] : [['labels', showLabels(member.labels)] as const]),
        ['membership', `good until ${showMoment(endOf(membership), now)}`],
        ...(setAside === undefined ? [] : [['keys before', escapeText(setAside)] as const]),
      ],
      paint,
    ),
  ];
}

function unexpected(): never {
  throw new TypeError('names without a service');
}
