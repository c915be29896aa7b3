import {
  canonicalJson,
  readServiceTraffic,
  showTrafficMistake,
  ThemisError,
  type Json,
  type ServiceRecord,
  type ServiceTraffic,
} from '@themis-mesh/core';

/** What an extension of a record may have. Bytes. */
const MOST_BYTES = 4096;

/** A reason for which what a service says of its traffic is passed over; its record is believed all the same. */
export type TrafficNote = { readonly traffic: ServiceTraffic | undefined } | { readonly mistake: string };

/**
 * What a service says in its record of how it wants to be called: under `traffic` in its `ext`, where a reader that does not know
 * it passes it over.
 */
export function trafficOf({ ext }: Pick<ServiceRecord, 'ext'>): TrafficNote {
  const note = typeof ext === 'object' && ext !== null && !Array.isArray(ext) ? (ext as Extension)['traffic'] : undefined;
  if (note === undefined) return { traffic: undefined };
  const read = readServiceTraffic(note, 'record');
  if (read.ok) return { traffic: read.value };
  return { mistake: read.mistakes.map(showTrafficMistake).join('; ') };
}

type Extension = { readonly [name: string]: Json };

/** Of what is said of a service, the part that its record may carry: the rest is for whoever says it alone. */
export function noteOf({ mirror: _mirror, faults: _faults, routes, split, ...rest }: ServiceTraffic): ServiceTraffic | undefined {
  const own = { ...rest, ...ownPlaces('routes', routes), ...ownPlaces('split', split) };
  return Object.keys(own).length === 0 ? undefined : own;
}

/** Places of this service alone: callers are not sent to others at its wish. */
function ownPlaces<Name extends 'routes' | 'split'>(name: Name, list: ServiceTraffic[Name]): Partial<Pick<ServiceTraffic, Name>> {
  const isForeign = list?.some((each) => ('to' in each ? each.to : each).service !== undefined) === true;
  return list === undefined || isForeign ? {} : ({ [name]: list } as Partial<Pick<ServiceTraffic, Name>>);
}

/** @throws ThemisError `THEMIS_TRAFFIC_INVALID` for more than a record carries */
export function noteJson(traffic: ServiceTraffic): Json {
  const ext = { traffic: traffic as unknown as Json };
  const { length } = Buffer.from(canonicalJson(ext));
  if (length <= MOST_BYTES) return ext;
  throw new ThemisError('THEMIS_TRAFFIC_INVALID', `${length} bytes, a record carries ${MOST_BYTES}`);
}
