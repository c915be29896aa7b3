import { ThemisError, type TargetName } from '@themis-mesh/core';
import type { CliContext } from '../context.ts';
import type { HomeFlags, JsonFlags } from '../flags.ts';
import { openReader, readInstances, type Instance } from '../instances.ts';
import { printAnswer, type JsonValue } from '../output/answer.ts';
import { jsonTime } from '../output/app-json.ts';
import { escapeText } from '../output/escape.ts';
import { withProgress } from '../output/progress.ts';
import { table } from '../output/table.ts';
import { showDistance, showMoment } from '../output/times.ts';
import { requireService } from '../named-service.ts';
import { openPlace } from '../place.ts';

export interface FindFlags extends HomeFlags, JsonFlags {}

export async function find(this: CliContext, flags: FindFlags, name: TargetName): Promise<void> {
  await using place = await openPlace(this, flags);
  const { app, member } = await requireService(place, name);
  const reader = await openReader(this, place, app);
  const found = await withProgress(this, `Looking for ${name}`, () => readInstances(reader, member.id));
  if (found.is === 'unavailable') throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', found.because);
  const { instances, stale } = found;
  printAnswer(this, flags, {
    json: { name, app, id: member.id, stale, instances: instances.map(instanceJson) },
    text: (paint) => [
      ...(stale ? [paint.warning('The directory has nothing as new; this was seen before.')] : []),
      ...(instances.length === 0
        ? [`No instance of ${name} is running, as far as the directory knows. Its records end 60 s after an instance stopped.`]
        : table(
            HEAD,
            instances.flatMap((each) => rowsOf(each, place.now)),
            paint,
          )),
    ],
  });
}

const HEAD = ['INSTANCE', 'ADDRESS', 'SPEAKS', 'REFRESHED', 'CERTIFICATE ENDS'];

function instanceJson({ record, leaf }: Instance): JsonValue {
  return {
    instance: record.instance,
    endpoints: record.endpoints.map(({ host, port, alpn }) => ({ host, port, protocols: alpn })),
    ...(record.zone === undefined ? {} : { zone: record.zone }),
    refreshed: jsonTime(record.iat),
    expires: jsonTime(record.exp),
    leaf: { serial: leaf.serial, notBefore: jsonTime(leaf.notBefore), notAfter: jsonTime(leaf.notAfter) },
  };
}

function rowsOf({ record, leaf }: Instance, now: number): readonly (readonly string[])[] {
  return record.endpoints.map(({ host, port, alpn }, index) => [
    index === 0 ? record.instance : '',
    escapeText(`${host.includes(':') ? `[${host}]` : host}:${port}`),
    escapeText(alpn.join(', ')),
    showDistance(record.iat - now),
    showMoment(leaf.notAfter, now),
  ]);
}
