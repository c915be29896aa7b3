import { text as readAll } from 'node:stream/consumers';
import { Invite, refuse, showSequence, spokenId, ThemisError, type ServiceName } from '@themis-mesh/core';
import { acceptGiven, admissionQuestion, makeJoinRequest, nameToAsk } from '@themis-mesh/owner';
import { IdentityFile, type PublicIdentity } from '@themis-mesh/storage';
import { secondsNow, type CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { knockAtAll } from '../knocking.ts';
import { printAnswer } from '../output/answer.ts';
import { jsonTime, noteUnpublished } from '../output/app-json.ts';
import { withProgress } from '../output/progress.ts';
import { facts } from '../output/table.ts';
import { showMoment } from '../output/times.ts';
import { beginPlace, openPlace } from '../place.ts';

export interface JoinInviteFlags extends HomeFlags, JsonFlags {
  readonly name?: ServiceName | undefined;
  /** Seconds. */
  readonly wait?: number | undefined;
  readonly recovery?: string | undefined;
}

const DEFAULT_WAIT_SECONDS = 600;

/** The longest text that is read for an invite. */
const MAX_INPUT = 65_536;

/** Joins an app through a door of its owner. @param given the invite, or `-` where it comes by the input */
export async function joinByInvite(context: CliContext, flags: JoinInviteFlags, given: string): Promise<void> {
  const { err, clock } = context;
  const invite = await readInvite(context, given);
  const name = nameToAsk(invite, flags.name);
  const begun = await beginPlace(context, flags);
  requireInTime(invite, await new IdentityFile(begun.home.service(name).identity).readPublic(), begun.now);
  const ask = () =>
    makeJoinRequest(
      { ...begun, now: secondsNow(context) },
      { name, anchor: invite.anchor, recovery: flags.recovery, token: invite.token },
    );
  const { id } = (await ask()).identity.history;
  const { app } = invite.anchor;
  const say = flags.json === true ? () => undefined : (lines: readonly string[]) => err.lines(lines);
  say([
    `asking for the name ${err.paint.bold(name)}`,
    ...facts(
      [
        ['ID', id],
        ['words', `${err.paint.bold(spokenId(id))}  (the owner sees the same)`],
        ['app', app],
        ['words', spokenId(app)],
      ],
      err.paint,
    ),
  ]);
  const errand = {
    ...{ invite, clock, seconds: flags.wait ?? DEFAULT_WAIT_SECONDS },
    question: async () => admissionQuestion((await ask()).request),
    onWaiting: sayOnce(say, 'The owner is being asked.'),
    onNobody: sayOnce(say, 'No door is open yet; it is tried again. The owner opens one with `themis admit --listen`.'),
  };
  const answer = await withProgress(context, 'Waiting for the owner', () => knockAtAll(errand));
  await using place = await openPlace(context, flags);
  const joined = await acceptGiven(place, answer, invite, { id, name });
  const { membershipExpires, published } = joined;
  const charter = showSequence(joined.app.charter.sequence);
  printAnswer(context, flags, {
    json: { name, id, app, membershipExpires: jsonTime(membershipExpires), charter },
    text: (paint) => [
      `${paint.good('joined')} as ${paint.bold(name)}`,
      ...facts(
        [
          ['ID', id],
          ['app', app],
          ['membership', `good until ${showMoment(membershipExpires, place.now)}`],
        ],
        paint,
      ),
    ],
    next: [`Next: themis run ${name} --port PORT -- COMMAND, to run a program as an instance of it.`],
  });
  noteUnpublished(context, published);
}

/** @throws ThemisError THEMIS_INVITE_INVALID */
async function readInvite(context: CliContext, given: string): Promise<Invite> {
  const text = given === '-' ? (await readAll(context.input)).slice(0, MAX_INPUT).trim() : given;
  const read = Invite.parse(text);
  if (!read.ok) throw ThemisError.refused('THEMIS_INVITE_INVALID', read.refusal);
  return read.value;
}

/** A token's time is over for newcomers; a member's membership is renewed without one. */
function requireInTime({ exp = Infinity }: Invite, here: PublicIdentity | undefined, now: number): void {
  if (exp > now || here?.service?.membership !== undefined) return;
  throw ThemisError.refused('THEMIS_INVITE_INVALID', refuse('invite-ended', `at ${exp}, it is ${now}`).refusal);
}

function sayOnce(say: (lines: readonly string[]) => void, line: string): () => void {
  let isSaid = false;
  return () => {
    if (isSaid) return;
    isSaid = true;
    say([line]);
  };
}
