import { readUpStatus } from '@themis-mesh/agent';
import { readApp, readImports, type ImportState } from '@themis-mesh/owner';
import { IdentityFile } from '@themis-mesh/storage';
import { BACKDATE_SECONDS, showSequence } from '@themis-mesh/core';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { openReader } from '../instances.ts';
import { printAnswer, type JsonValue } from '../output/answer.ts';
import { appJson, jsonTime } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import type { Paint } from '../output/paint.ts';
import { withProgress } from '../output/progress.ts';
import { facts, table } from '../output/table.ts';
import { showDistance, showMoment, showSpan } from '../output/times.ts';
import { showUp, upJson } from '../output/up-status.ts';
import { openPlace } from '../place.ts';
import { readServices, type ServiceStatus } from '../service-status.ts';

export interface StatusFlags extends HomeFlags, JsonFlags {}

export async function status(this: CliContext, flags: StatusFlags): Promise<void> {
  await using place = await openPlace(this, flags);
  const { home, file, now } = place;
  const app = await readApp(place);
  const reader = await openReader(this, place);
  const services = await withProgress(this, 'Asking the directory', () => readServices(home, app, reader));
  const imports = await readImports(place, app);
  const isOwner = (await new IdentityFile(home.owner.identity).readPublic()) !== undefined;
  const up = await readUpStatus(home);
  const { name } = file;
  const isReached = services.every(({ instances }) => instances !== undefined);
  const { exp } = app.charter.claims;
  printAnswer(this, flags, {
    json: {
      home: home.root,
      app: { ...appJson(app), ...(name === undefined ? {} : { name }) },
      isOwner,
      directory: isReached ? 'answers' : 'unavailable',
      services: services.map(serviceJson),
      imports: imports.map(importJson),
      ...(up === undefined ? {} : { up: upJson(up) }),
    },
    text: (paint) => [
      `app ${paint.bold(name ?? app.history.id)}`,
      ...facts(
        [
          ...(name === undefined ? [] : [['ID', app.history.id] as const]),
          ['home', `${escapeText(home.root)}${isOwner ? " (the owner's)" : ''}`],
          ['charter', `${showSequence(app.charter.sequence)}, ${showEnd(exp, now, paint)}`],
          ...(isReached ? [] : [['directory', paint.bad('does not answer')] as const]),
        ],
        paint,
      ),
      '',
      ...(services.length === 0 ? ['No services yet: `themis add NAME` makes one.'] : showServices(services, now, paint)),
      ...(imports.length === 0 ? [] : ['', ...showImports(imports, now, paint)]),
      ...(up === undefined ? [] : ['', ...showUp(up, now, paint)]),
    ],
  });
}

function serviceJson(service: ServiceStatus): JsonValue {
  const { name, id, standing, here, keySequence, labels, membershipEnds, mayCall, instances } = service;
  const life = leafLife(service);
  return {
    name,
    id,
    standing,
    isHere: here !== undefined,
    ...(here === undefined ? {} : { isSealed: here.sealed }),
    keySequence,
    ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
    ...(membershipEnds === undefined ? {} : { membershipExpires: jsonTime(membershipEnds) }),
    mayCall,
    ...(instances === undefined ? {} : { instances: instances.length }),
    ...(life === undefined ? {} : { leafLife: life }),
  };
}

function showServices(services: readonly ServiceStatus[], now: number, paint: Paint): readonly string[] {
  const rows = services.map((service) => {
    const { name, id, standing, here, mayCall, instances, membershipEnds } = service;
    const life = leafLife(service);
    const running = instances === undefined ? '?' : String(instances.length);
    const isMember = standing === 'member';
    return [
      paint.bold(name),
      isMember ? paint.good(standing) : paint.warning(standing),
      here === undefined ? 'elsewhere' : 'here',
      life === undefined ? running : `${running}, certificates of ${showSpan(life)}`,
      isMember ? mayCall : '',
      isMember ? showMembership(membershipEnds, now, paint) : '',
      paint.dim(id),
    ];
  });
  return table(['SERVICE', 'STANDING', 'KEYS', 'RUNNING', 'MAY CALL', 'MEMBERSHIP ENDS', 'ID'], rows, paint);
}

function importJson({ entry: { alias, app, min }, state }: ImportState): JsonValue {
  return {
    alias,
    id: app,
    keySequence: min.seq,
    isSeen: state !== undefined,
    ...(state === undefined
      ? {}
      : { charter: appJson(state)['charter'], services: state.charter.claims.members.map(({ name }) => name) }),
  };
}

function showImports(imports: readonly ImportState[], now: number, paint: Paint): readonly string[] {
  const rows = imports.map(({ entry: { alias, app }, state }) => [
    paint.bold(alias),
    state === undefined ? paint.warning('not seen yet') : showSequence(state.charter.sequence),
    state === undefined ? '' : showEnd(state.charter.claims.exp, now, paint),
    state?.charter.claims.members.map(({ name }) => `${name}.${alias}`).join(', ') ?? '',
    paint.dim(app),
  ]);
  return table(['IMPORT', 'CHARTER', '', 'SERVICES', 'ID'], rows, paint);
}

/** Nothing where the membership is not here. */
function showMembership(ends: number | undefined, now: number, paint: Paint): string {
  if (ends === undefined) return '';
  return ends <= now ? paint.bad('ended') : showDistance(ends - now);
}

function showEnd(seconds: number, now: number, paint: Paint): string {
  if (seconds <= now) return paint.bad(`ended ${showMoment(seconds, now)}`);
  return `good until ${showMoment(seconds, now)}`;
}

/** How long certificates of the service live, by one of them: without the time by which they begin in the past. */
function leafLife({ instances }: ServiceStatus): number | undefined {
  const leaf = instances?.[0]?.leaf;
  return leaf === undefined ? undefined : leaf.notAfter - leaf.notBefore - BACKDATE_SECONDS;
}
