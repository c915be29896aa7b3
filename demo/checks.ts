import { FORBIDDEN_REASON } from './forbidden.ts';
import { DOORS, expectedIntruders, REASONS } from './intruders/intruders.ts';
import type { Overhead } from './overhead/overhead.ts';
import { isRefusedBy, type Refused } from './refused.ts';
import { CONNECTED_TO, REFUSED_AT, REMOVED_REASON } from './removal.ts';
import type { DemoResult } from './result.ts';

/** Something that a run is to show, and whether it did. */
export interface Check {
  readonly what: string;
  readonly seen: boolean;
  /** What was seen, in figures. */
  readonly detail: string;
}

/** How often each leaf is to have been replaced while there was traffic. */
const LEAST_ROTATIONS = 2;

/** How soon open connections of a removed member are to be cut, once the charter says so. Milliseconds. */
const CUT_WITHIN_MS = 2000;

/** How long a run may take. Seconds. */
const MOST_SECONDS = 60;

/** Holds what was seen against what a run is to show. */
export function checkResult(result: DemoResult): readonly Check[] {
  return [...checkTraffic(result), ...checkRefusals(result), ...checkRemoval(result), ...checkEnd(result)];
}

function checkTraffic({ services, traffic, total: { requests, failed }, trafficSeconds }: DemoResult): readonly Check[] {
  const answered = traffic.filter((lane) => lane.requests > lane.failed).length;
  const count = (kind: string): number => services.filter((service) => service.kind === kind).length;
  const least = Math.min(...services.map(({ rotations }) => rotations));
  const rotations = services.reduce((sum, service) => sum + service.rotations, 0);
  return [
    {
      what: 'traffic in all directions',
      seen: traffic.length > 0 && answered === traffic.length,
      detail: `${answered} of ${traffic.length} ways; ${count('in process')} programs are in the mesh, ${count('sidecar')} know nothing of it`,
    },
    {
      what: 'no request failed or was mixed up',
      seen: requests > 0 && failed === 0,
      detail: `${failed} of ${requests}; each has an ID and a digest, checked on return`,
    },
    {
      what: 'certificates rotated meanwhile, all of them',
      seen: services.length > 0 && least >= LEAST_ROTATIONS,
      detail: `${rotations} times in ${trafficSeconds.toFixed(0)} s, none less than ${least} times`,
    },
  ];
}

function checkRefusals({ intruders, forbidden, programs }: DemoResult): readonly Check[] {
  return [
    ...expectedIntruders(programs).map((who) => {
      const tries = intruders.filter((row) => row.who === who);
      return refusedEverywhere(`${who} was refused`, tries, REASONS[who], DOORS.length);
    }),
    refusedEverywhere('a member was refused what the policy forbids', forbidden, FORBIDDEN_REASON, 2),
  ];
}

function checkRemoval({ removal }: DemoResult): readonly Check[] {
  const { refused, cuts, ordersAfterCut, linesAfterCut, entriesAfterCut } = removal;
  const slowest = Math.max(0, ...cuts.map(({ after }) => after));
  return [
    refusedEverywhere('a removed member was refused', refused, REMOVED_REASON, REFUSED_AT.length),
    {
      what: 'its open connections were cut',
      seen: cuts.length === CONNECTED_TO.length && slowest <= CUT_WITHIN_MS,
      detail: `${cuts.length} of ${CONNECTED_TO.length}${cuts.length === 0 ? '' : `, at most ${slowest} ms after the new charter was written`}`,
    },
    {
      what: 'nothing passed after the cut',
      seen: ordersAfterCut > 0 && linesAfterCut === 0 && entriesAfterCut === 0,
      detail: `${linesAfterCut} of ${ordersAfterCut} lines of the feed reached it, ${entriesAfterCut} of its own the ledger`,
    },
  ];
}

function checkEnd({ overhead, leftBehind, seconds }: DemoResult): readonly Check[] {
  return [
    {
      what: 'the overhead was measured',
      seen: overhead.length > 0 && overhead.every(({ plain, mesh }) => plain.p50 > 0 && mesh.p50 > 0),
      detail: `${overhead.map(showOverhead).join(' and ')} a call, at the median`,
    },
    ...(leftBehind === undefined
      ? []
      : [
          {
            what: 'nothing was left behind',
            seen: leftBehind.length === 0,
            detail: leftBehind.join('; ') || 'every process has ended, every port is free, the keys are gone',
          },
        ]),
    { what: 'it took less than a minute', seen: seconds < MOST_SECONDS, detail: `${seconds.toFixed(1)} s` },
  ];
}

function showOverhead({ plain, mesh }: Overhead): string {
  return `${((mesh.p50 - plain.p50) * 1000).toFixed(0)} µs`;
}

/** Everywhere it was tried, and by that very reason on both sides. */
function refusedEverywhere(what: string, tries: readonly Refused[], reason: string, least: number): Check {
  const held = tries.filter((row) => isRefusedBy(reason, row));
  const others = tries.filter((row) => !held.includes(row));
  const places = [...new Set(held.map(({ at }) => at))].join(', ');
  return {
    what,
    seen: tries.length > 0 && held.length === tries.length && tries.length >= least,
    detail:
      others.length === 0
        ? `${reason}: told to the caller, and logged by ${places}`
        : others.map(({ at, told, seen }) => `at ${at}: told ${told ?? 'nothing'}, log ${seen ?? 'nothing'}`).join('; '),
  };
}
