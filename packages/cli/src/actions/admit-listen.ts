import { once } from 'node:events';
import { openDoor } from '@themis-mesh/channel';
import { spokenId, ThemisError } from '@themis-mesh/core';
import { keeperCredentials, type ServiceKeys } from '@themis-mesh/mesh';
import { Reception, type Admittance, type Applicant, type RefusedApplicant } from '@themis-mesh/owner';
import { IdentityFile } from '@themis-mesh/storage';
import { listenAddress, showAddress } from '../address.ts';
import { secondsNow, type CliContext } from '../context.ts';
import { labelsOf, type HomeFlags, type JsonFlags } from '../flags.ts';
import { appJson, noteUnpublished } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { memberJson } from '../output/member-json.ts';
import { reportError } from '../output/report-error.ts';
import { facts } from '../output/table.ts';
import { openPlace, type Place } from '../place.ts';
import { Asking } from '../asking.ts';

export interface AdmitListenFlags extends HomeFlags, JsonFlags {
  readonly listen: string;
  readonly autoToken?: boolean | undefined;
  readonly labels?: readonly string[] | undefined;
}

/** Admits those who come to this machine, until it is asked to stop. */
export async function admitListen(context: CliContext, flags: AdmitListenFlags): Promise<void> {
  const { clock, host, err, input } = context;
  const where = listenAddress(flags.listen);
  const canAsk = host.isOnTerminal && err.isTerminal;
  const isAlone = flags.autoToken === true;
  if (!canAsk && !isAlone) {
    throw new ThemisError('THEMIS_USAGE', 'there is no terminal to ask on: with --auto-token those with a token are admitted');
  }
  await using place = await openPlace(context, flags);
  using credentials = await keeperCredentials({
    ...{ keys: () => ownersKeys(place), clock },
    onFailure: (error) => reportError(err, error, { json: false, debug: false }),
  });
  using asking = canAsk ? new Asking(input, err) : undefined;
  const reception = new Reception({
    place: () => ({ ...place, now: secondsNow(context) }),
    ask: asking === undefined ? undefined : (applicant, signal) => asking.ask(question(applicant, context), signal),
    autoToken: isAlone,
    labels: labelsOf(flags.labels),
    onAdmitted: (applicant, admittance, how) => tellAdmitted(context, flags, applicant, admittance, how),
    onRefused: (refused) => tellRefused(context, refused),
  });
  const { door, address } = await openDoor({
    ...{ credentials, clock, ...where },
    matters: { admission: ({ body, remote, signal }) => reception.receive(body, remote, signal) },
    onFailure: (error) => reportError(err, error, { json: false, debug: false }),
  });
  await using _ = door;
  const app = place.file.anchor.app;
  err.lines([
    `${err.paint.good('open')} at ${showAddress({ host: address.address, port: address.port })} for who wants to join`,
    ...facts(
      [
        ['app', app],
        ['words', spokenId(app)],
      ],
      err.paint,
    ),
  ]);
  await stopOf(context);
}

/** @throws ThemisError THEMIS_OWNER_MISSING, THEMIS_DOOR_THRESHOLD */
async function ownersKeys({ home, sealing }: Place): Promise<ServiceKeys> {
  const identity = await new IdentityFile(home.owner.identity, sealing).read();
  const [signer] = identity?.signers ?? [];
  if (identity === undefined || signer === undefined) throw new ThemisError('THEMIS_OWNER_MISSING', home.owner.identity);
  const threshold = identity.history.quorum?.threshold ?? 0;
  if (threshold !== 1) throw new ThemisError('THEMIS_DOOR_THRESHOLD', `${threshold} of the app's owners have to sign`);
  return { history: identity.history, signer };
}

function question({ name, id, words, remote, hasToken }: Applicant, { err }: CliContext): readonly string[] {
  const { paint } = err;
  return [
    '',
    `${paint.bold(name)} asks to be admitted${hasToken ? ', with a one-time token for that name' : ''}`,
    ...facts(
      [
        ['ID', id],
        ['words', paint.bold(words)],
        ['from', escapeText(remote)],
      ],
      paint,
    ),
    'Do these words stand on the other machine as well, and shall it belong to the app? [y/N] ',
  ];
}

function tellAdmitted(
  context: CliContext,
  flags: JsonFlags,
  { remote }: Applicant,
  { member, membership, app, published }: Admittance,
  how: 'admitted' | 'renewed',
): void {
  const { out, err } = context;
  if (flags.json === true) {
    const json = { ...memberJson(member, membership), app: appJson(app), published: published.is === 'published' };
    out.lines([escapeText(JSON.stringify(json))]);
  } else {
    out.lines([`${out.paint.good(how)} ${out.paint.bold(member.name)} ${member.id} from ${escapeText(remote)}`]);
  }
  noteUnpublished({ ...context, err }, published);
}

function tellRefused({ err }: CliContext, { because, remote, applicant }: RefusedApplicant): void {
  const who = applicant === undefined ? 'a request' : `${applicant.name} ${applicant.id}`;
  err.lines([`${err.paint.warning('refused')} ${who} from ${escapeText(remote)}: ${because}`]);
}

/** Until Ctrl-C, or until it is asked to stop otherwise. */
function stopOf({ host: { signals } }: CliContext): Promise<unknown> {
  const ended = new AbortController();
  const { signal } = ended;
  return Promise.race(['SIGINT', 'SIGTERM'].map((name) => once(signals, name, { signal }))).finally(() => ended.abort());
}
