import { showSequence, ThemisError, type Anchor, type ServiceName } from '@themis-mesh/core';
import { acceptAdmission, makeJoinRequest, readAdmission } from '@themis-mesh/owner';
import type { Home } from '@themis-mesh/storage';
import { readAnchor, readCarried, writeCarried } from '../carried-file.ts';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { jsonTime, noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { beginPlace, openPlace } from '../place.ts';

export interface JoinFlags extends HomeFlags, JsonFlags {
  readonly name?: ServiceName | undefined;
  readonly wait?: number | undefined;
  readonly app?: string | undefined;
  readonly out?: string | undefined;
  readonly accept?: string | undefined;
  readonly recovery?: string | undefined;
}

/** What is to be joined: by a name and files, or by an invite. `-`: an invite that comes by the input. */
export type JoinSubject = { readonly name: ServiceName } | { readonly invite: string };

export async function join(this: CliContext, flags: JoinFlags, subject?: JoinSubject): Promise<void> {
  if (subject !== undefined && 'invite' in subject) {
    const stray = (['app', 'out', 'accept'] as const).find((flag) => flags[flag] !== undefined);
    if (stray !== undefined)
      throw new ThemisError('THEMIS_USAGE', `--${stray} belongs to joining by files; an invite says it all`);
    const { joinByInvite } = await import('./join-invite.ts');
    await joinByInvite(this, flags, subject.invite);
    return;
  }
  const strange = (['name', 'wait'] as const).find((flag) => flags[flag] !== undefined);
  if (strange !== undefined) throw new ThemisError('THEMIS_USAGE', `--${strange} belongs to joining by an invite`);
  await joinByFiles(this, flags, subject?.name);
}

async function joinByFiles(context: CliContext, flags: JoinFlags, name: ServiceName | undefined): Promise<void> {
  if (flags.accept === undefined) {
    if (name === undefined) throw new ThemisError('THEMIS_USAGE', 'NAME is missing, or --accept FILE');
    await ask(context, flags, name);
    return;
  }
  const stray = (['app', 'out', 'recovery'] as const).find((flag) => flags[flag] !== undefined);
  if (stray !== undefined) throw new ThemisError('THEMIS_USAGE', `--${stray} belongs to asking; with --accept the rest is known`);
  await accept(context, flags, flags.accept, name);
}

async function ask(context: CliContext, flags: JoinFlags, name: ServiceName): Promise<void> {
  const place = await beginPlace(context, flags);
  const anchor = flags.app === undefined ? await knownAnchor(place.home) : await readAnchor(flags.app);
  const { request, identity } = await makeJoinRequest(place, { name, anchor, recovery: flags.recovery });
  const path = flags.out ?? `${name}.join.json`;
  await writeCarried(path, request);
  const { app } = (await place.home.app()).anchor;
  const { id } = identity.history;
  printAnswer(context, flags, {
    json: { name, id, app, request: path },
    text: (paint) => [
      `${paint.good('asked')} for the name ${paint.bold(name)}`,
      ...facts(
        [
          ['ID', id],
          ['app', app],
          ['request', escapeText(path)],
        ],
        paint,
      ),
    ],
    next: [
      `Next: carry ${path} to the owner, who runs: themis admit ${path}`,
      `Tell the owner the ID as well, on another way: it proves that the request is yours.`,
      `Then, here: themis join --accept ${name}.admission.json`,
    ],
  });
}

/** A home that is there is for one app, so that it need not be named again. */
async function knownAnchor(home: Home): Promise<Anchor> {
  try {
    return (await home.app()).anchor;
  } catch (error) {
    if (!ThemisError.is(error, 'THEMIS_HOME_MISSING')) throw error;
    throw new ThemisError('THEMIS_USAGE', `say which app to join, with --app ANCHOR or --app ID: ${home.root} is for none yet`);
  }
}

async function accept(context: CliContext, flags: JoinFlags, path: string, name: ServiceName | undefined): Promise<void> {
  await using place = await openPlace(context, flags);
  const bytes = await readCarried(path);
  const read = readAdmission(bytes, place.now);
  if (!read.ok) throw ThemisError.refused('THEMIS_STATEMENT_REFUSED', read.refusal);
  const { member, exp } = read.value.membership.claims;
  if (name !== undefined && member.name !== name)
    throw new ThemisError('THEMIS_USAGE', `the admission is for ${member.name}, not ${name}`);
  const { app, published } = await acceptAdmission(place, bytes);
  const charter = showSequence(app.charter.sequence);
  printAnswer(context, flags, {
    json: { name: member.name, id: member.id, app: app.history.id, membershipExpires: jsonTime(exp), charter },
    text: (paint) => [
      `${paint.good('joined')} as ${paint.bold(member.name)}`,
      ...facts(
        [
          ['ID', member.id],
          ['app', app.history.id],
          ['membership', `good until ${showMoment(exp, place.now)}`],
        ],
        paint,
      ),
    ],
    next: [`Next: themis run ${member.name} --port PORT -- COMMAND, to run a program as an instance of it.`],
  });
  noteUnpublished(context, published);
}
