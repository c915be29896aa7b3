import { MAX_SKEW_SECONDS } from '@themis-mesh/core';
import { showMoment, showTime } from '../output/times.ts';
import type { ServiceStatus } from '../service-status.ts';
import { finding, type Finding } from './finding.ts';
import type { Patient } from './patient.ts';

/** How long before an end it is said. */
const SOON_SECONDS = 30 * 86_400;

/** Whether the clock can be right, by what was signed before. */
export function checkClock({ app, place: { now } }: Patient): Promise<readonly Finding[]> {
  const signed = [app.charter.claims.iat, ...app.history.events.map(({ claims }) => claims.iat)];
  const last = Math.max(...signed);
  const isBehind = now + MAX_SKEW_SECONDS < last;
  return Promise.resolve(isBehind ? [finding('clock-behind', `it says ${showTime(now)}, signed was at ${showTime(last)}`)] : []);
}

/** What has ended, or ends soon; and services that are here and no members. */
export function checkExpiry({ app, services, place: { now } }: Patient): Promise<readonly Finding[]> {
  const { exp } = app.charter.claims;
  const charter = endOf(exp, now, 'charter-ended', 'charter-ends-soon', showMoment(exp, now));
  return Promise.resolve([...charter, ...services.flatMap((service) => checkService(service, now))]);
}

function checkService({ name, standing, here, membershipEnds }: ServiceStatus, now: number): readonly Finding[] {
  if (here === undefined) return [];
  if (standing !== 'member') return [finding(standing === 'removed' ? 'service-removed' : 'service-waiting', name)];
  if (membershipEnds === undefined) return [finding('service-waiting', `${name} has no membership here`)];
  return endOf(membershipEnds, now, 'membership-ended', 'membership-ends-soon', `${name}, ${showMoment(membershipEnds, now)}`);
}

function endOf(
  end: number,
  now: number,
  ended: 'charter-ended' | 'membership-ended',
  soon: 'charter-ends-soon' | 'membership-ends-soon',
  detail: string,
): readonly Finding[] {
  if (end <= now) return [finding(ended, detail)];
  return end - now < SOON_SECONDS ? [finding(soon, detail)] : [];
}
