import { ThemisError } from '@themis-mesh/core';
import { admit as admitRequest } from '@themis-mesh/owner';
import { readCarried, writeCarried } from '../carried-file.ts';
import type { CliContext } from '../context.ts';
import { labelsOf, type HomeFlags, type JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { endOf, memberJson } from '../output/member-json.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { openPlace } from '../place.ts';

export interface AdmitFlags extends HomeFlags, JsonFlags {
  readonly out?: string | undefined;
  /** Empty: at the usual port of all addresses. */
  readonly listen?: string | undefined;
  readonly autoToken?: boolean | undefined;
  readonly labels?: readonly string[] | undefined;
}

export async function admit(this: CliContext, flags: AdmitFlags, request?: string): Promise<void> {
  const { listen, autoToken, out } = flags;
  if (listen !== undefined) {
    if (request !== undefined) throw new ThemisError('THEMIS_USAGE', 'either FILE or --listen');
    if (out !== undefined)
      throw new ThemisError('THEMIS_USAGE', '--out belongs to FILE; with --listen the admission goes back by itself');
    const { admitListen } = await import('./admit-listen.ts');
    await admitListen(this, { ...flags, listen });
    return;
  }
  if (request === undefined) throw new ThemisError('THEMIS_USAGE', 'FILE is missing, or --listen');
  if (autoToken === true) throw new ThemisError('THEMIS_USAGE', '--auto-token belongs to --listen');
  await admitFile(this, flags, request);
}

async function admitFile(context: CliContext, flags: AdmitFlags, request: string): Promise<void> {
  await using place = await openPlace(context, flags);
  const bytes = await readCarried(request);
  const { member, membership, app, admission, published } = await admitRequest(place, bytes, { labels: labelsOf(flags.labels) });
  const path = flags.out ?? `${member.name}.admission.json`;
  await writeCarried(path, admission);
  printAnswer(context, flags, {
    json: { ...memberJson(member, membership), app: appJson(app), admission: path, published: published.is === 'published' },
    text: (paint) => [
      `${paint.good('admitted')} ${paint.bold(member.name)}`,
      ...facts(
        [
          ['ID', member.id],
          ['membership', `good until ${showMoment(endOf(membership), place.now)}`],
          ['admission', escapeText(path)],
        ],
        paint,
      ),
    ],
    next: [`Next: send ${path} back; there: themis join --accept ${path}`],
  });
  noteUnpublished(context, published);
}
