import { ThemisError, type TargetName, type ServiceRecord } from '@themis-mesh/core';
import type { Announcer } from '../announcer.ts';
import type { Lanes } from './lanes.ts';
import { trafficOf } from './traffic-note.ts';

/** Puts in force what services say of how they want to be called; what is not understood changes nothing, and is told of. */
export function hearNotices(
  lanes: Lanes,
  announcer: Pick<Announcer, 'tell'>,
): (service: TargetName, record: ServiceRecord | undefined) => void {
  const heard = new Map<TargetName, number | undefined>();
  return (service, record) => {
    if (heard.has(service) && heard.get(service) === record?.seq) return;
    heard.set(service, record?.seq);
    const note = record === undefined ? { traffic: undefined } : trafficOf(record);
    if ('traffic' in note) {
      lanes.hear(service, note.traffic);
      return;
    }
    const error = new ThemisError('THEMIS_TRAFFIC_INVALID', `the record of ${service}: ${note.mistake}`);
    announcer.tell('traffic-refused', { error });
  };
}
