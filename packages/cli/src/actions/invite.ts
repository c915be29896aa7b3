import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import {
  anchorOf,
  Invite,
  MAX_INVITE_ADDRESSES,
  spokenId,
  ThemisError,
  type Address,
  type AdmissionToken,
  type ServiceName,
} from '@themis-mesh/core';
import { giveToken, readApp } from '@themis-mesh/owner';
import { IdentityFile } from '@themis-mesh/storage';
import { ownAddresses, requireDialable, showAddress } from '../address.ts';
import type { CliContext } from '../context.ts';
import { labelsOf, type HomeFlags, type JsonFlags } from '../flags.ts';
import { printAnswer } from '../output/answer.ts';
import { jsonTime } from '../output/app-json.ts';
import { showMoment } from '../output/times.ts';
import { openPlace, type Place } from '../place.ts';

export interface InviteFlags extends HomeFlags, JsonFlags {
  readonly at?: readonly string[] | undefined;
  readonly nodes?: readonly string[] | undefined;
  readonly token?: boolean | undefined;
  /** Seconds. */
  readonly expires?: number | undefined;
  readonly labels?: readonly string[] | undefined;
}

const DEFAULT_SECONDS = 3600;

export async function invite(this: CliContext, flags: InviteFlags, name?: ServiceName): Promise<void> {
  requireSense(flags, name);
  const addresses = doorsOf(flags.at);
  const nodes = (flags.nodes ?? []).map(requireDialable);
  await using place = await openPlace(this, flags);
  await requireOwner(place);
  const app = await readApp(place);
  const { id } = app.history;
  const made = flags.token === true && name !== undefined ? await makeToken(place, flags, name) : undefined;
  const contents = {
    anchor: anchorOf(app),
    doors: addresses.map((address) => ({ ...address, id })),
    ...(nodes.length === 0 ? {} : { nodes }),
    ...(name === undefined ? {} : { name }),
    ...(made ?? {}),
  };
  const { text } = Invite.of(contents);
  const [doors, words, expires] = [addresses.map(showAddress), spokenId(id), made?.exp];
  const json = { invite: text, app: id, words, doors, secret: expires !== undefined };
  printAnswer(this, flags, {
    json: { ...json, ...(name === undefined ? {} : { name }), ...(expires === undefined ? {} : { expires: jsonTime(expires) }) },
    text: () => [text],
    next: [
      ...(expires === undefined
        ? []
        : [`It is a secret: who has it first is admitted as ${name ?? ''}, until ${showMoment(expires, place.now)}.`]),
      `The app in words: ${words}`,
      `Next: here, themis admit --listen${expires === undefined ? '' : ' --auto-token'} (reached at ${doors.join(', ')})`,
      'Then, on the other machine: themis join INVITE',
    ],
  });
}

/** Elsewhere nobody could open the door that the invite names. @throws ThemisError THEMIS_OWNER_MISSING */
async function requireOwner({ home }: Place): Promise<void> {
  const owner = await new IdentityFile(home.owner.identity).readPublic();
  if (owner === undefined) throw new ThemisError('THEMIS_OWNER_MISSING', home.owner.identity);
}

function requireSense({ token, expires, labels }: InviteFlags, name: ServiceName | undefined): void {
  if (token === true && name === undefined) throw new ThemisError('THEMIS_USAGE', 'NAME is missing: a token is for one name');
  const stray = expires !== undefined ? '--expires' : labels !== undefined && labels.length > 0 ? '--labels' : undefined;
  if (token !== true && stray !== undefined) throw new ThemisError('THEMIS_USAGE', `${stray} belongs to --token`);
}

function doorsOf(at: readonly string[] | undefined): readonly Address[] {
  const given = at ?? [];
  const doors = given.length === 0 ? ownAddresses(networkInterfaces()) : given.map(requireDialable);
  if (doors.length === 0)
    throw new ThemisError('THEMIS_USAGE', 'this machine has no address for others: say it with --at HOST:PORT');
  if (doors.length <= MAX_INVITE_ADDRESSES) return doors;
  throw new ThemisError('THEMIS_USAGE', `--at takes at most ${MAX_INVITE_ADDRESSES} addresses`);
}

interface MadeToken {
  readonly token: AdmissionToken;
  readonly exp: number;
}

async function makeToken(
  place: Place,
  { expires = DEFAULT_SECONDS, labels }: InviteFlags,
  name: ServiceName,
): Promise<MadeToken> {
  const wish = { name, labels: labelsOf(labels), seconds: expires, random: randomBytes(32) };
  return { token: await giveToken(place, wish), exp: place.now + expires };
}
